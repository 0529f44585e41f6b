import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { FieldType, ReadModel, StoredDocument, Value } from '@grantlog/event-sourcing';

/** A document as the values of its row: id, version, deleted, then the fields in the declaration's order. */
export const toRow = (model: ReadModel, { id, version, deleted, fields }: StoredDocument): SQLInputValue[] => [
  id,
  version,
  deleted ? 1 : 0,
  ...Object.entries(model.fields).map(([name, type]) => toColumn(type, fields[name] ?? null)),
];

export const fromRow = (model: ReadModel, row: Record<string, SQLOutputValue>): StoredDocument => {
  const fields: Record<string, Value> = {};
  for (const [name, type] of Object.entries(model.fields)) fields[name] = fromColumn(type, row[name] ?? null);
  return { id: Number(row['id']), version: Number(row['version']), deleted: row['deleted'] === 1, fields };
};

const toColumn = (type: FieldType, value: Value): SQLInputValue => {
  if (value === null) return null;
  if (type === 'json' || type === 'keys') return JSON.stringify(value);
  if (type === 'boolean') return value === true ? 1 : 0;
  return value as string | number;
};

const fromColumn = (type: FieldType, value: SQLOutputValue): Value => {
  if (value === null) return null;
  if (type === 'json' || type === 'keys') return JSON.parse(String(value)) as Value;
  if (type === 'boolean') return value === 1;
  return value as string | number;
};
