/** A request that no endpoint looks at; told in the form of the place it was sent to. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly status: number;

  constructor(status: 400 | 413 | 415, description: string) {
    super(description);
    this.status = status;
  }
}

export const bodyTooLarge = (): RefusedRequest => new RefusedRequest(413, 'The body is too large.');
