import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Empty, ErrorNotice } from "@/ui/states";

export function NotFound() {
  return (
    <Empty icon={Compass} title="There is nothing at this address">
      <Link to="/">Back to the tasks</Link>
    </Empty>
  );
}

export function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorNotice error={error instanceof Error ? error : new Error(String(error))} retry={reset} />;
}
