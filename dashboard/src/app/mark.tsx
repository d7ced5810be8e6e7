/** The sign of Bailiwick: an open fence and someone at the gate. */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" fill="none" aria-hidden="true">
      <path
        d="M3.5 4.5v12h13v-12M3.5 10.5h7.5"
        stroke="currentColor"
        strokeWidth="2.1"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle
        cx="16.5"
        cy="4.4"
        r="2.4"
        fill="var(--amber-strong)"
        stroke="var(--canvas)"
        strokeWidth="1.2"
      />
    </svg>
  );
}
