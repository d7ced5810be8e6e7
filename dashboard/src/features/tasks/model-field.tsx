import type { OfferedModel } from "@/api/types";
import { count } from "@/lib/format";
import { Select } from "@/ui/select";

interface Props {
  models: readonly OfferedModel[];
  value: string;
  onChange: (model: string) => void;
}

/** The models that are set up; one that is not ready says why and cannot be chosen. */
export function ModelField({ models, value, onChange }: Props) {
  const options = models.map((model) => ({
    id: model.name,
    label: model.name,
    detail: model.ready ? about(model) : (model.why_not ?? "Not ready"),
    disabled: !model.ready,
  }));
  const known = options.some((option) => option.id === value);
  return (
    <Select
      label="Model"
      options={known || !value ? options : [{ id: value, label: value }, ...options]}
      value={value}
      onChange={onChange}
      isDisabled={models.length === 0}
    />
  );
}

function about(model: OfferedModel): string {
  if (model.name === "demo") return "A scripted guide, not an AI: needs no key and no network";
  const window = `${count(model.context_tokens)} tokens`;
  if (!model.price) return `${window}, price unknown`;
  return `${window}, $${model.price.input} in and $${model.price.output} out a million`;
}
