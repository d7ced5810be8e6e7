import type { Verdict } from "@/api/types";
import { Badge, type Tone } from "@/ui/badge";

const TONES: Record<Verdict, Tone> = { allow: "green", ask: "amber", deny: "red" };

export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  return <Badge tone={TONES[verdict]}>{verdict}</Badge>;
}
