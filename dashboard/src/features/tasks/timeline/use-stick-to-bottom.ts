import { useCallback, useEffect, useRef, useState } from "react";

/** Closer to the end than this, the reader counts as being there. */
const NEAR_PX = 48;

/**
 * Keeps the end of a growing list in view while the reader is at the end, and leaves the view alone as soon as
 * they scroll up.
 */
export function useStickToBottom() {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const [following, setFollowing] = useState(true);
  const wanted = useRef(true);

  const follow = useCallback(() => {
    wanted.current = true;
    setFollowing(true);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, []);

  useEffect(() => {
    const outer = scroller.current;
    const inner = content.current;
    if (!outer || !inner) return;
    let lastTop = outer.scrollTop;
    const toEnd = () => {
      if (wanted.current) outer.scrollTop = outer.scrollHeight;
    };
    const onScroll = () => {
      const near = outer.scrollHeight - outer.scrollTop - outer.clientHeight < NEAR_PX;
      // Content that grows makes the end farther without anyone having scrolled: only going up lets go.
      if (near) wanted.current = true;
      else if (outer.scrollTop < lastTop) wanted.current = false;
      lastTop = outer.scrollTop;
      setFollowing(wanted.current);
    };
    const grown = new ResizeObserver(toEnd);
    grown.observe(inner);
    grown.observe(outer);
    outer.addEventListener("scroll", onScroll, { passive: true });
    toEnd();
    return () => {
      grown.disconnect();
      outer.removeEventListener("scroll", onScroll);
    };
  }, []);

  return { scroller, content, following, follow };
}
