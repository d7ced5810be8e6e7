/** A refusal, sent as problem details. */
export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    Object.assign(this, { status, code });
  }
}

/** Something new, sent with 201. */
export class Created {
  constructor(body) {
    this.body = body;
  }
}

/** Something that is no JSON. */
export class Raw {
  constructor(text, headers) {
    Object.assign(this, { text, headers });
  }
}
