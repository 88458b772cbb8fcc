// Icons in the manner of GraphiQL's own.

const line = {
  viewBox: '0 0 20 20',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.5,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
  'aria-hidden': true,
} as const;

export function PersonIcon() {
  return (
    <svg {...line}>
      <circle cx="10" cy="6.5" r="3.5" />
      <path d="M3.5 17.5c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5" />
    </svg>
  );
}

export function JourneysIcon() {
  return (
    <svg {...line}>
      <circle cx="4.5" cy="4.5" r="2" />
      <circle cx="15.5" cy="15.5" r="2" />
      <path d="M6.5 4.500H13a3 3 0 0 1 0 5.500H7a3 3 0 0 0 0 5.500h6.5" />
    </svg>
  );
}

export function HouseMark() {
  return (
    <svg viewBox="0 0 32 32" className="mark" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0e7c66" />
      <g fill="none" stroke="#fff" strokeWidth="2.5" strokeLinejoin="round" strokeLinecap="round">
        <path d="M8 24V13.500L16 8l8 5.500V24" />
        <path d="M13 24v-5.500h6V24" />
      </g>
    </svg>
  );
}
