import type { ReadModel } from '@grantlog/event-sourcing';

/** Position is the journal number; link chains it to the one before. Open and sealed part lie apart. */
export const COMMITS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS commits (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    open TEXT NOT NULL,
    sealed TEXT NOT NULL,
    snapshot TEXT,
    link TEXT NOT NULL,
    UNIQUE (stream, version)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, record TEXT NOT NULL, expires_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_by_expiry ON sessions (expires_at);
  CREATE TABLE IF NOT EXISTS read_models (name TEXT PRIMARY KEY, declaration TEXT NOT NULL, position INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, cursor TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS probe (filler BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS installation (id INTEGER PRIMARY KEY CHECK (id = 1), key_id TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sweeps (id INTEGER PRIMARY KEY, model TEXT NOT NULL, condition TEXT NOT NULL) STRICT;
`;

export const tableOf = (model: Pick<ReadModel, 'name'>): string => `view_${model.name}`;

/** Where a field of keys is looked up by one of them. */
export const keysTableOf = (model: Pick<ReadModel, 'name'>, field: string): string => `${tableOf(model)}__${field}`;

/** The fields that hold keys. */
export const keysFieldsOf = ({ fields }: ReadModel): readonly string[] =>
  Object.keys(fields).filter((name) => fields[name] === 'keys');

const SQL_TYPES = { text: 'TEXT', integer: 'INTEGER', boolean: 'INTEGER', json: 'TEXT', keys: 'TEXT' } as const;

/** What holds for every document of a list; said in the same words by indexes and by queries, which SQLite asks for. */
export const listedSql = ({ listed }: Pick<ReadModel, 'listed'>): string =>
  listed === undefined ? 'deleted = 0' : `deleted = 0 AND "${listed}" = 1`;

/** The table and indexes of a read model. Names come from the declaration in code, never from a request. */
export const createReadModel = (model: ReadModel): string => {
  const table = tableOf(model);
  const columns = Object.entries(model.fields).map(([name, type]) => `"${name}" ${SQL_TYPES[type]}`);
  const indexes = model.indexes.map((fields, i) => {
    const keys = fields.map((field) => (field.startsWith('-') ? `"${field.slice(1)}" DESC` : `"${field}"`));
    return `CREATE INDEX ${table}_${i} ON ${table} (${keys.join(', ')}) WHERE ${listedSql(model)};`;
  });
  const keys = keysFieldsOf(model).map((field) => {
    const keysTable = keysTableOf(model, field);
    return `DROP TABLE IF EXISTS ${keysTable}; CREATE TABLE ${keysTable} (key TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (key, id)) STRICT, WITHOUT ROWID;`;
  });
  return `
    DROP TABLE IF EXISTS ${table};
    CREATE TABLE ${table} (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, deleted INTEGER NOT NULL, ${columns.join(', ')}) STRICT;
    ${indexes.join('\n')}
    ${keys.join('\n')}
  `;
};
