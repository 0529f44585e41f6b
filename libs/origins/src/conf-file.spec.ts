import { BadConfFile, parseConfFile } from './conf-file.ts';

describe('a settings file', () => {
  it("reads an AWX administrator's custom.py as it is, without executing it", () =>
    expect(
      parseConfFile(
        'custom.py',
        `import os\n# CORS_ALLOW_CREDENTIALS = True\nOTHER = os.environ.get("X")\nCORS_ORIGIN_ALLOW_ALL = True\nCORS_ALLOWED_ORIGIN_REGEXES = [\n    r"http://django-oauth-toolkit.herokuapp.com*",\n    r"http://www.example.com*"\n]\nCORS_PREFLIGHT_MAX_AGE = 600\n`,
      ),
    ).toEqual({
      CORS_ALLOW_ALL_ORIGINS: true,
      CORS_ALLOWED_ORIGIN_REGEXES: ['http://django-oauth-toolkit.herokuapp.com*', 'http://www.example.com*'],
      CORS_PREFLIGHT_MAX_AGE: 600,
    }));
  it.each([
    ['a.yaml', 'CORS_ALLOW_METHODS: [GET]\nOTHER: {x: 1}\n', { CORS_ALLOW_METHODS: ['GET'] }],
    ['a.yml', 'CORS_ALLOW_METHODS:\n  - GET\n', { CORS_ALLOW_METHODS: ['GET'] }],
    ['a.json', '{"CORS_ALLOW_METHODS": ["GET"], "OTHER": 1}', { CORS_ALLOW_METHODS: ['GET'] }],
    ['a.py', 'CORS_ALLOW_METHODS = ["GET"]', { CORS_ALLOW_METHODS: ['GET'] }],
    ['a.py', '\ufeffCORS_ALLOW_METHODS = ["GET"]', { CORS_ALLOW_METHODS: ['GET'] }],
    ['a.json', '\ufeff{"CORS_ALLOW_METHODS": ["GET"]}', { CORS_ALLOW_METHODS: ['GET'] }],
    ['a.yaml', '\ufeffCORS_ALLOW_METHODS: [GET]', { CORS_ALLOW_METHODS: ['GET'] }],
    ['a.yaml', '', {}],
    ['a.yaml', '# nothing\n', {}],
    ['a.json', 'null', {}],
    ['a.json', '{}', {}],
    ['a.py', '', {}],
  ])('%s: %j', (name, text, rules) => expect(parseConfFile(name, text)).toEqual(rules));
  it.each([
    ['CORS_ORIGIN_ALLOW_ALL', 'CORS_ALLOW_ALL_ORIGINS', 'true', true],
    ['CORS_ORIGIN_WHITELIST', 'CORS_ALLOWED_ORIGINS', '["https://old.ex"]', ['https://old.ex']],
    ['CORS_ORIGIN_REGEX_WHITELIST', 'CORS_ALLOWED_ORIGIN_REGEXES', '["https://old.*"]', ['https://old.*']],
  ])('%s is an older name of %s', (alias, rule, text, value) => {
    expect(parseConfFile('a.json', `{"${alias}": ${text}}`)).toEqual({ [rule]: value });
    expect(parseConfFile('a.py', `${alias} = ${text.replace('true', 'True')}`)).toEqual({ [rule]: value });
  });
  it('the newer name counts where both are set, wherever it stands', () => {
    for (const text of [
      'CORS_ORIGIN_WHITELIST: [https://old.ex]\nCORS_ALLOWED_ORIGINS: [https://new.ex]\n',
      'CORS_ALLOWED_ORIGINS: [https://new.ex]\nCORS_ORIGIN_WHITELIST: [https://old.ex]\n',
    ])
      expect(parseConfFile('a.yaml', text)).toEqual({ CORS_ALLOWED_ORIGINS: ['https://new.ex'] });
  });
  it('what an object inherits is no setting', () =>
    expect(parseConfFile('a.json', '{"__proto__": {"CORS_ALLOW_ALL_ORIGINS": true}}')).toEqual({}));
});

describe('a settings file that cannot be read', () => {
  const refusal = (name: string, text: string): string => {
    try {
      parseConfFile(name, text);
    } catch (error) {
      if (error instanceof BadConfFile && error.name === 'BadConfFile') return error.message;
    }
    return 'not refused';
  };
  it.each([
    ['custom.py', 'X = 1\nCORS_ALLOWED_ORIGINS = get_origins()\n', 'custom.py: line 2: expected a string, a number, True, False, None or a list of them'],
    ['custom.py', 'CORS_ALLOW_CREDENTIALS = True or False\n', 'custom.py: line 1: CORS_ALLOW_CREDENTIALS must be assigned a literal'],
    ['a.yaml', '- a\n- b\n', 'a.yaml: line 1: expected names with values'],
    ['a.json', '5', 'a.json: line 1: expected names with values'],
    ['a.py', '\n\nCORS_ALLOW_CREDENTIALS = 1\n', 'a.py: line 3: CORS_ALLOW_CREDENTIALS: must be true or false, not 1'],
    ['a.py', 'X = 1\n\nCORS_ORIGIN_ALLOW_ALL = 1\n', 'a.py: line 3: CORS_ORIGIN_ALLOW_ALL: must be true or false, not 1'],
    ['a.py', 'if DEBUG:\n    CORS_ORIGIN_ALLOW_ALL = True\n', 'a.py: line 2: CORS_ORIGIN_ALLOW_ALL is assigned in a block, which is not executed; assign it at the beginning of a line'],
    ['a.json', '{\n  "X": 1,\n  "CORS_ALLOW_CREDENTIALS": 1}', 'a.json: line 3: CORS_ALLOW_CREDENTIALS: must be true or false, not 1'],
    ['a.yaml', '# CORS_ALLOW_METHODS: []\nCORS_ALLOW_METHODS:\n  - GET\n  - post\n', 'a.yaml: line 4: CORS_ALLOW_METHODS: "post" is not a method in upper case of at most 20 letters'],
    ['a.yaml', 'X: post\nCORS_ALLOW_METHODS: [GET, post]\n', 'a.yaml: line 2: CORS_ALLOW_METHODS: "post" is not a method in upper case of at most 20 letters'],
    ['a.yaml', 'X: 1\nCORS_ALLOW_METHODS: [""]\n', 'a.yaml: line 2: CORS_ALLOW_METHODS: "" is not a method in upper case of at most 20 letters'],
    ['a.yaml', 'X: 1\nCORS_ALLOW_METHODS: ["\\x61"]\n', 'a.yaml: line 2: CORS_ALLOW_METHODS: "a" is not a method in upper case of at most 20 letters'],
  ])('%s %j: %s', (name, text, problem) => expect(refusal(name, text)).toBe(problem)); // prettier-ignore
  it('says where its syntax breaks', () => {
    expect(refusal('a.yaml', 'A: 1\nCORS_ALLOW_METHODS: [GET\n')).toMatch(/^a\.yaml: .*line \d/s);
    expect(refusal('a.json', '{"A": }')).toMatch(/^a\.json: .*JSON/);
  });
});
