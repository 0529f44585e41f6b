import { parsePythonAssignments } from './python-literals.ts';

const parse = (source: string): Record<string, unknown> => parsePythonAssignments(source, ['A', 'B']);

describe('the literal assignments of a Python file', () => {
  it.each<[string, unknown]>([
    ['A = 600', 600],
    ['A = -5', -5],
    ['A=True', true],
    ['A = False', false],
    ['A = None', null],
    ["A = 'single'", 'single'],
    ['A = "double"', 'double'],
    ['A = "it\'s"', "it's"],
    ['A = "" # empty', ''],
    ['A = "a#b" # comment', 'a#b'],
    [String.raw`A = "tab\there \"quoted\" back\\slash new\nline \d"`, 'tab\there "quoted" back\\slash new\nline \\d'],
    [String.raw`A = 'it\'s\r'`, "it's\r"],
    [String.raw`A = r"raw\.dot\n"`, String.raw`raw\.dot\n`],
    [String.raw`A = R'raw\'quote'`, String.raw`raw\'quote`],
    ['A = u"text"', 'text'],
    ['A = U"text"', 'text'],
    ['A = """three\n"lines" """', 'three\n"lines" '],
    ["A = '''three\n'lines' '''", "three\n'lines' "],
    ['A = r"""a\\n"""', 'a\\n'],
    ['A = "joined" \'together\' r"\\."', 'joinedtogether\\.'],
    ['A = "a\\\nb"', 'ab'],
    ['A = "a\\\r\nb"', 'ab'],
    ["A = 'a\\\nb'", 'ab'],
    ['A = """a\\""" """', 'a""" '],
    ["A = '''a\\''' '''", "a''' "],
    ['A = \\\n  5', 5],
    ['A = []', []],
    ['A = ()', []],
    ['A = [1]', [1]],
    ['A = ["a", \'b\',]', ['a', 'b']],
    ['A = ("a", "b")', ['a', 'b']],
    ['A = [\n  # comment\n  "a",  # why\n\n  r"b\\.",\n]', ['a', 'b\\.']],
    ['A = [\r\n  "a"\r\n  ,\r\n  "b"\r\n]\r\n', ['a', 'b']],
    ['A = ["a"\n"b"]', ['ab']],
    ['A = [\n  r"https://a"\n  r"\\.ex",  # why\n  "b"\n]\nB = 1', ['https://a\\.ex', 'b']],
    ['A = ("a")', 'a'],
    ['A = (\n  "a"\n  "b"\n)', 'ab'],
    ['A = (((5)))', 5],
    ['A = ("a",)', ['a']],
    ['A = [("a"), ("b",)]', ['a', ['b']]],
    ['A = [[1, 2], (3,), []]', [[1, 2], [3], []]],
    ['A = [True, None, -1, "x" "y"]', [true, null, -1, 'xy']],
  ])('%j', (source, value) => expect(parse(source)).toMatchObject({ A: value }));
  it('a name behind a colon that is not assigned is not one', () =>
    expect(parse('def f(x: A, y: B = 1): A\nx: A\nz = lambda: A == 1\nA = 3')).toEqual({ A: 3 }));
  it('several on a line, too', () => expect(parse('X = 1; A = 2; B = [3]\n')).toEqual({ A: 2, B: [3] }));
  it('after a block, too', () =>
    expect(parse('if DEBUG: X = 1\nA = 2\nX = {\n  1: 2}; B = 3')).toEqual({ A: 2, B: 3 }));
  it('the last one counts', () => expect(parse('A = 1\nA = 2\n')).toEqual({ A: 2 }));
  it('several, whatever is between them', () =>
    expect(
      parse(
        'import os\nfrom x import *\nC = os.environ["A"]\n\nA = 1\nif DEBUG:\n    C = f(A = 5)\ndef f(A=1):\n    return A\nB = [\n  2]\nA == 3\nA\nA; C = g(\n    A=5,\n)\nX.A = 4\n# A = 6\nC = """\nA = 7\n"""\n',
      ),
    ).toEqual({ A: 1, B: [2] }));
  it('of no wanted name are none, and nothing of them is judged', () => {
    expect(parse('C = { "A": 1 }\nAA = 1\nD = [\n')).toEqual({});
    expect(parse('')).toEqual({});
  });
  it.each([
    ['\n\nA = get()', 'line 3: expected a string, a number, True, False, None or a list of them'],
    ['A = True or False', 'line 1: A must be assigned a literal'],
    [
      'if DEBUG:\n    A = True',
      'line 2: A is assigned in a block, which is not executed; assign it at the beginning of a line',
    ],
    [
      'if DEBUG:\n\tX = 1\n\tA = True',
      'line 3: A is assigned in a block, which is not executed; assign it at the beginning of a line',
    ],
    [
      'if DEBUG: A = True',
      'line 1: A is assigned in a block, which is not executed; assign it at the beginning of a line',
    ],
    ['A = []\nA += ["x"]', 'line 2: A must be assigned a literal, as in A = ...'],
    ['A.append("x")', 'line 1: A must be assigned a literal, as in A = ...'],
    ['A: list[str] = []', 'line 1: A must be assigned a literal, as in A = ...'],
    ['A, B = 1, 2', 'line 1: A must be assigned a literal, as in A = ...'],
    ['A = B = 1', 'line 1: expected a string, a number, True, False, None or a list of them'],
    ['A = "a" + "b"', 'line 1: A must be assigned a literal'],
    ['A = ["a"] + B', 'line 1: A must be assigned a literal'],
    ['A = 1.5', 'line 1: A must be assigned a literal'],
    ['A = {}', 'line 1: expected a string, a number, True, False, None or a list of them'],
    ['A =', 'line 1: expected a string, a number, True, False, None or a list of them'],
    ['A = toString', 'line 1: expected a string, a number, True, False, None or a list of them'],
    ['A = f"x{y}"', 'line 1: expected a string, a number, True, False, None or a list of them'],
    ['A = b"x"', 'line 1: expected a string, a number, True, False, None or a list of them'],
    ['A = "open', 'line 1: a string that does not end'],
    ['A = [1, 2', 'line 1: expected "," or "]"'],
    ['A = (1 2)', 'line 1: expected "," or ")"'],
    ['A = [1)', 'line 1: expected "," or "]"'],
    ['A = [,]', 'line 1: expected a string, a number, True, False, None or a list of them'],
    ['A = [\n1,\n\nx]', 'line 4: expected a string, a number, True, False, None or a list of them'],
    ['C = """\n\n"""\nA = x', 'line 4: expected a string, a number, True, False, None or a list of them'],
    [
      'if DEBUG: X = 1; A = True',
      'line 1: A is assigned in a block, which is not executed; assign it at the beginning of a line',
    ],
    [
      'if DEBUG:\n    X = 1; A = True',
      'line 2: A is assigned in a block, which is not executed; assign it at the beginning of a line',
    ],
    [
      'if f(\n  x,\n):\n  A = True',
      'line 4: A is assigned in a block, which is not executed; assign it at the beginning of a line',
    ],
    [
      'if DEBUG:\n    X = [\n1]\n    A = True',
      'line 4: A is assigned in a block, which is not executed; assign it at the beginning of a line',
    ],
  ])('%j is refused: %s', (source, problem) => expect(() => parse(source)).toThrow(new Error(problem)));
});
