import { type RefObject, useEffect, useRef } from "react";
import { usePreference } from "@/app/preferences";

/** A question that has just appeared takes no keys: they were meant for what was there before. */
const CALM_MS = 700;

interface Binding {
  key: string;
  run: () => void;
}

/**
 * Single keys for a card: they work while the focus is inside it, and for the first card of the page also while
 * the focus is on nothing in particular. Never while typing, never with a modifier, and not when switched off.
 */
export function useKeys(card: RefObject<HTMLElement | null>, bindings: readonly Binding[]) {
  const [shortcuts] = usePreference("shortcuts");
  const latest = useRef(bindings);
  latest.current = bindings;

  useEffect(() => {
    if (shortcuts === "off") return;
    const from = performance.now() + CALM_MS;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || performance.now() < from) return;
      if (!isFor(card.current, event.target)) return;
      const binding = latest.current.find(({ key }) => key === event.key.toLowerCase());
      if (!binding) return;
      event.preventDefault();
      binding.run();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [card, shortcuts]);
}

function isFor(card: HTMLElement | null, target: EventTarget | null): boolean {
  if (!card || !(target instanceof HTMLElement) || takesText(target)) return false;
  if (card.contains(target)) return true;
  // A dialog or another card has the keys to itself.
  if (target.closest("[role=dialog], [data-approval]")) return false;
  const passive = target === document.body || target.id === "main" || target.matches("section, li");
  return passive && document.querySelector("[data-approval]") === card;
}

function takesText(element: HTMLElement): boolean {
  return element.isContentEditable || element.matches("input, textarea, select");
}
