import { ChevronDown } from "lucide-react";
import {
  Select as AriaSelect,
  Button,
  type Key,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
  Text,
} from "react-aria-components";
import field from "./field.module.css";

export interface Option {
  id: string;
  label: string;
  /** A second line: what it is, or why it cannot be chosen. */
  detail?: string | undefined;
  disabled?: boolean;
}

interface Props {
  label: string;
  hideLabel?: boolean;
  options: readonly Option[];
  value: string;
  onChange: (id: string) => void;
  isDisabled?: boolean;
}

/** One of a short list. */
export function Select({ label, hideLabel, options, value, onChange, isDisabled = false }: Props) {
  return (
    <AriaSelect
      className={field.field}
      value={value}
      onChange={(key: Key | null) => key !== null && onChange(String(key))}
      isDisabled={isDisabled}
      placeholder="Choose"
    >
      <Label className={hideLabel ? "visually-hidden" : field.label}>{label}</Label>
      <Button className={field.trigger}>
        <SelectValue>{({ selectedText, defaultChildren }) => selectedText || defaultChildren}</SelectValue>
        <ChevronDown size={14} aria-hidden />
      </Button>
      <Popover className={field.popover} offset={4}>
        <ListBox className={field.list} items={options}>
          {(option) => <Choice option={option} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export function Choice({ option }: { option: Option }) {
  return (
    <ListBoxItem
      id={option.id}
      textValue={option.label}
      className={field.option}
      isDisabled={option.disabled ?? false}
    >
      <Text slot="label">{option.label}</Text>
      {option.detail ? (
        <Text slot="description" elementType="small">
          {option.detail}
        </Text>
      ) : null}
    </ListBoxItem>
  );
}
