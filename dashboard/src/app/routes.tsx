import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { ApprovalsPage } from "@/features/approvals/approvals-page";
import { TasksPage } from "@/features/tasks/tasks-page";
import { NotFound, PageError } from "./failures";
import { textOf } from "./search";
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

export const router = createRouter({
  routeTree: root.addChildren([tasks, task, approvals, workspaces, workspace, settings]),
  defaultPreload: "intent",
  defaultErrorComponent: PageError,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
