import { ChevronDown } from "lucide-react";
import { Button, ComboBox, Input, Label, ListBox, Popover } from "react-aria-components";
import field from "@/ui/field.module.css";
import { Choice } from "@/ui/select";
import { useWorkspaces } from "./queries";

interface Props {
  value: string;
  onChange: (path: string) => void;
  placeholder: string;
}

/** An absolute path: typed, or one of the known workspaces. */
export function WorkspaceField({ value, onChange, placeholder }: Props) {
  const workspaces = useWorkspaces().data ?? [];
  return (
    <ComboBox
      className={field.field}
      allowsCustomValue
      inputValue={value}
      onInputChange={onChange}
      defaultItems={workspaces.map(({ root, name }) => ({ id: root, label: root, detail: name }))}
    >
      <Label className={field.label}>Workspace</Label>
      <div className={field.withButton}>
        <Input className={field.input} placeholder={placeholder} spellCheck={false} />
        <Button aria-label="Known workspaces">
          <ChevronDown size={14} aria-hidden />
        </Button>
      </div>
      <Popover className={field.popover} offset={4}>
        <ListBox className={field.list}>
          {(option: { id: string; label: string; detail: string }) => <Choice option={option} />}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
