// One call to the gateway over HTTP, and what its errors mean to who reads them.

export interface GraphQLErrorBody {
  message: string;
  extensions?: { code?: string; field?: string; retryAfter?: number; needed?: number; balance?: number };
}

export interface Body {
  data?: Record<string, unknown> | null;
  errors?: GraphQLErrorBody[];
}

export interface Answer {
  status: number;
  milliseconds: number;
  /** Names the request in the log of the gateway. */
  requestId: string | null;
  body: Body;
}

/** The gateway gave no answer that can be read. */
export class NoAnswer extends Error {}

export async function call(request: object, headers: Record<string, string>): Promise<Answer> {
  const started = performance.now();
  let response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(request),
    });
  } catch {
    throw new NoAnswer('The gateway does not answer. Does it run?');
  }
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  try {
    const body = JSON.parse(text) as Body;
    return { status: response.status, milliseconds, requestId: response.headers.get('x-request-id'), body };
  } catch {
    throw new NoAnswer(`The gateway answered with status ${response.status}: ${text.slice(0, 200)}`);
  }
}

/** What the sign-in panel says of a refusal. */
export function explain({ message, extensions }: GraphQLErrorBody): string {
  switch (extensions?.code) {
    case 'RATE_LIMITED':
      return `Too many tries. Try again in ${span(extensions.retryAfter ?? 60)}; RATE_LIMITS=off lifts the limits in development.`;
    case 'BAD_INPUT':
      return extensions.field?.endsWith('phone')
        ? 'This is no phone number: ten digits, or + and the country first.'
        : message;
    default:
      return message;
  }
}

/** A time to wait, such as "12 min" or "40 s". */
export function span(seconds: number): string {
  return seconds >= 90 ? `${Math.ceil(seconds / 60)} min` : `${Math.max(1, Math.ceil(seconds))} s`;
}
