import { useId } from "react";

type Option = { value: string; label: string };
type Props = {
  label: string;
  value: string;
  options: readonly Option[];
  /** Further options under a heading. */
  group?: { label: string; options: readonly Option[] } | undefined;
  onPick: (value: string) => void;
};

export const Picker = ({ label, value, options, group, onPick }: Props) => {
  const id = useId();
  return (
    <span className="picker">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(change) => onPick(change.target.value)}>
        <Options of={options} />
        {group && group.options.length > 0 && (
          <optgroup label={group.label}>
            <Options of={group.options} />
          </optgroup>
        )}
      </select>
    </span>
  );
};

const Options = ({ of }: { of: readonly Option[] }) =>
  of.map(({ value, label }) => (
    <option key={value} value={value}>
      {label}
    </option>
  ));
