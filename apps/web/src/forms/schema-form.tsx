import { assertUnreachable, type FieldError } from '@fovea/contracts';
import { ChoiceControl, JsonControl, NumberControl, SwitchControl, TextControl } from './fields.tsx';
import own from './fields.module.css';
import { TagControl } from './tag-control.tsx';
import type { Field, Values } from './schema.ts';

interface SchemaFieldsProps {
  fields: readonly Field[];
  values: Values;
  onChange: (values: Values) => void;
  /** From a problem: shown beside the fields that they name. */
  errors: readonly FieldError[];
}

/** The controls of a task's parameters; `values` holds what was changed, everything else has its default. */
export function SchemaFields({ fields, values, onChange, errors }: SchemaFieldsProps) {
  return (
    <div className={own['form']}>
      {fields.map((field) => (
        <FieldControl
          key={field.path}
          field={field}
          value={values[field.name]}
          errors={errors}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      ))}
    </div>
  );
}

interface FieldControlProps {
  field: Field;
  value: unknown;
  errors: readonly FieldError[];
  onChange: (value: unknown) => void;
}

function FieldControl({ field, value, errors, onChange }: FieldControlProps) {
  const control = { value, onChange, error: errorAt(errors, field) };
  switch (field.type) {
    case 'number':
      return <NumberControl field={field} {...control} />;
    case 'choice':
      return <ChoiceControl field={field} {...control} />;
    case 'switch':
      return <SwitchControl field={field} {...control} />;
    case 'text':
      return <TextControl field={field} {...control} />;
    case 'list':
      return <TagControl field={field} {...control} />;
    case 'json':
      return <JsonControl field={field} {...control} />;
    case 'group':
      return (
        <fieldset className={own['group']}>
          <legend>{field.title}</legend>
          <SchemaFields
            fields={field.fields}
            values={(value as Values | undefined) ?? {}}
            errors={errors}
            onChange={(inner) => onChange(inner)}
          />
        </fieldset>
      );
    default:
      return assertUnreachable(field);
  }
}

/** Paths of a problem may begin with "params."; an entry of a list (`labels.2`) belongs to its list. */
function errorAt(errors: readonly FieldError[], field: Field): string | undefined {
  const own = errors.filter((error) => {
    const path = error.path.replace(/^params\./, '');
    return path === field.path || (field.type !== 'group' && path.startsWith(`${field.path}.`));
  });
  return own.length > 0 ? own.map((error) => error.message).join('; ') : undefined;
}
