import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { ApprovalsPage } from "@/features/approvals/approvals-page";
import { TasksPage } from "@/features/tasks/tasks-page";
import { NotFound, PageError } from "./failures";
import { countOf, textOf } from "./search";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const tasks = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search) => ({
    ...textOf(search, "q"),
    ...textOf(search, "status"),
    ...textOf(search, "workspace"),
  }),
  component: TasksPage,
});

const task = createRoute({
  getParentRoute: () => root,
  path: "/tasks/$taskId",
  component: lazyRouteComponent(() => import("@/features/tasks/task-page"), "TaskPage"),
});

const approvals = createRoute({ getParentRoute: () => root, path: "/approvals", component: ApprovalsPage });

const workspaces = createRoute({
  getParentRoute: () => root,
  path: "/workspaces",
  component: lazyRouteComponent(() => import("@/features/workspaces/workspaces-page"), "WorkspacesPage"),
});

const workspace = createRoute({
  getParentRoute: () => root,
  path: "/workspaces/$workspaceId",
  validateSearch: (search) => ({ ...textOf(search, "path"), ...textOf(search, "file") }),
  component: lazyRouteComponent(() => import("@/features/workspaces/browser-page"), "BrowserPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
});

const servers = createRoute({
  getParentRoute: () => root,
  path: "/servers",
  component: lazyRouteComponent(() => import("@/features/servers/servers-page"), "ServersPage"),
});

const server = createRoute({
  getParentRoute: () => root,
  path: "/servers/$name",
  component: lazyRouteComponent(() => import("@/features/servers/server-page"), "ServerPage"),
});

const clients = createRoute({
  getParentRoute: () => root,
  path: "/clients",
  component: lazyRouteComponent(() => import("@/features/clients/clients-page"), "ClientsPage"),
});

const secrets = createRoute({
  getParentRoute: () => root,
  path: "/secrets",
  component: lazyRouteComponent(() => import("@/features/secrets/secrets-page"), "SecretsPage"),
});

const policy = createRoute({
  getParentRoute: () => root,
  path: "/policy",
  validateSearch: (search) => ({ ...textOf(search, "file"), ...countOf(search, "line") }),
  component: lazyRouteComponent(() => import("@/features/policy/policy-page"), "PolicyPage"),
});

const draft = createRoute({
  getParentRoute: () => root,
  path: "/policy/draft",
  component: lazyRouteComponent(() => import("@/features/policy/draft-page"), "DraftPage"),
});

const explain = createRoute({
  getParentRoute: () => root,
  path: "/policy/explain",
  validateSearch: (search) => textOf(search, "decision"),
  component: lazyRouteComponent(() => import("@/features/policy/explain-page"), "ExplainPage"),
});

const record = createRoute({
  getParentRoute: () => root,
  path: "/record",
  component: lazyRouteComponent(() => import("@/features/record/record-page"), "RecordPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    tasks,
    task,
    approvals,
    workspaces,
    workspace,
    servers,
    server,
    clients,
    secrets,
    policy,
    draft,
    explain,
    record,
    settings,
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: PageError,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
