import { z } from 'zod';
import { flag, text, words } from '../http/fields.ts';
import { describeFields } from './field.ts';
import { defineResource } from './resource.ts';

type Book = {
  readonly id: number;
  readonly title: string;
  readonly shelfMarks: readonly string[];
  readonly lentTo: string;
  readonly created: string;
  readonly modified: string;
};
const BOOK = defineResource<Book, string>()({
  type: 'book',
  model: 'Book',
  collection: 'books',
  word: 'book',
  searched: ['title'],
  order: ['title'],
  related: (_book, _reader, url) => ({ pages: `${url}pages/` }),
  summary: (_book, reader) => ({ reader }),
  fields: {
    title: { schema: text(20), required: true, filter: 'text', label: 'Title' },
    shelf_marks: {
      schema: words,
      default: 'a b',
      read: ({ shelfMarks }: Book) => shelfMarks.join(' '),
      label: 'Marks',
    },
    lent_to: { type: 'string', filter: 'integer', related: { username: 'text' }, label: 'Lent to' },
    is_lost: { schema: flag, only: 'change', hidden: true, label: 'Lost' },
    barcode: { schema: text(5), only: 'create', hidden: true, label: 'Barcode' },
  },
});
const book: Book = { id: 7, title: 'Emma', shelfMarks: ['x', 'y'], lentTo: 'jo', created: 'c', modified: 'm' };

describe('a resource that is declared once', () => {
  it('represents its objects', () =>
    expect(BOOK.represent(book, 'bo')).toEqual({
      id: 7,
      type: 'book',
      url: '/api/v2/books/7/',
      related: { pages: '/api/v2/books/7/pages/' },
      summary_fields: { reader: 'bo' },
      created: 'c',
      modified: 'm',
      title: 'Emma',
      shelf_marks: 'x y',
      lent_to: 'jo',
    }));

  it('validates creations and changes, each with its own fields', () => {
    expect([Object.keys(BOOK.New.shape), Object.keys(BOOK.Changes.shape)]).toEqual([
      ['title', 'shelf_marks', 'barcode'],
      ['title', 'shelf_marks', 'is_lost'],
    ]);
    expect([BOOK.New.safeParse({}).success, BOOK.Changes.safeParse({}).success]).toEqual([false, true]);
  });

  it('says bodies as its service does: defaults for what a creation leaves out, nothing for what a change does', () => {
    expect(BOOK.creation(BOOK.New.parse({ title: 'Emma', barcode: '1' }))).toEqual({
      title: 'Emma',
      shelfMarks: ['a', 'b'],
      barcode: '1',
    });
    expect(BOOK.changes(BOOK.Changes.parse({ shelf_marks: '', is_lost: true }))).toEqual({
      shelfMarks: { values: [] },
      isLost: true,
    });
    expect(BOOK.changes(BOOK.Changes.parse({}))).toEqual({});
  });

  it('has the filters of its fields, and of what they name', () =>
    expect(BOOK.filterable).toEqual({
      id: { field: 'id', kind: 'integer' },
      created: { field: 'created', kind: 'time' },
      modified: { field: 'modified', kind: 'time' },
      title: { field: 'title', kind: 'text' },
      lent_to: { field: 'lent_to', kind: 'integer' },
      lent_to__id: { field: 'lent_to', kind: 'integer' },
      lent_to__username: { field: 'lent_to:username', kind: 'text' },
    }));

  it('describes itself: what is hidden is not in replies, what is not set is not in requests', () => {
    expect(Object.keys(describeFields(BOOK.fields, 'GET'))).not.toContain('barcode');
    expect(Object.keys(describeFields(BOOK.fields, 'POST'))).toEqual(['title', 'shelf_marks', 'barcode']);
    expect(Object.keys(describeFields(BOOK.fields, 'PUT'))).toEqual(['title', 'shelf_marks', 'is_lost']);
    expect(describeFields(BOOK.fields, 'POST')['title']).toMatchObject({ type: 'string', required: true, max_length: 20, filterable: true }); // prettier-ignore
  });

  it('a field with neither a schema nor a type is a fault at the start', () =>
    expect(() =>
      defineResource<Book, string>()({
        type: 'book',
        model: 'Book',
        collection: 'books',
        word: 'book',
        searched: [],
        order: [],
        related: () => ({}),
        summary: () => ({}),
        fields: { title: { label: 'Title' } },
      }),
    ).toThrow(TypeError));

  it('a field that its service does not send does not compile', () => {
    const declare = () =>
      defineResource<Book, string>()({
        type: 'book',
        model: 'Book',
        collection: 'books',
        word: 'book',
        searched: [],
        order: [],
        related: () => ({}),
        summary: () => ({}),
        // @ts-expect-error there is no property `colour` in the message
        fields: { colour: { schema: z.string(), label: 'Colour' } },
      });
    expect(declare().fields['colour']?.type).toBe('string');
  });
});
