// Whom one may sign in as in development. Elsewhere the gateway names nobody.

export interface Person {
  phone: string;
  name: string;
  role: string;
  society: string;
}

export interface People {
  people: Person[];
  /** The code that every phone receives, if the gateway was started with DEV_OTP. */
  code: string | null;
  /** Whether codes are printed where the gateway runs. */
  codesArePrinted: boolean;
}

const NOBODY: People = { people: [], code: null, codesArePrinted: false };

export const people: Promise<People> = fetch('/graphiql/people.json')
  .then((response) => (response.ok ? (response.json() as Promise<People>) : NOBODY))
  .catch(() => NOBODY);
