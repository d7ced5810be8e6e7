CREATE TABLE public.approvals (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    call_id uuid NOT NULL,
    kind text NOT NULL,
    question text NOT NULL,
    status text NOT NULL,
    answer text,
    answered_by text,
    note text,
    created_at bigint NOT NULL,
    resolved_at bigint
);
ALTER TABLE ONLY public.approvals FORCE ROW LEVEL SECURITY;
CREATE TABLE public.decisions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    task_id uuid,
    call_id uuid,
    point text NOT NULL,
    record text NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.decisions FORCE ROW LEVEL SECURITY;
CREATE TABLE public.journal (
    tenant_id uuid NOT NULL,
    task_id uuid NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    version integer NOT NULL,
    event text NOT NULL
);
ALTER TABLE ONLY public.journal FORCE ROW LEVEL SECURITY;
CREATE TABLE public.rules (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    task_id uuid NOT NULL,
    scope text NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint
);
ALTER TABLE ONLY public.rules FORCE ROW LEVEL SECURITY;
CREATE TABLE public.seaql_migrations (
    version character varying NOT NULL,
    applied_at bigint NOT NULL
);
CREATE TABLE public.sessions (
    tenant_id uuid NOT NULL,
    token_hash text NOT NULL,
    principal_id uuid NOT NULL,
    label text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tasks (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    title text NOT NULL,
    search_text text NOT NULL,
    model text NOT NULL,
    status text NOT NULL,
    status_text text,
    limits text NOT NULL,
    spent text NOT NULL,
    last_seq bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
ALTER TABLE ONLY public.tasks FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tenants (
    tenant_id uuid NOT NULL,
    created_at bigint NOT NULL
);
ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;
CREATE TABLE public.workspaces (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    root text NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL
);
ALTER TABLE ONLY public.workspaces FORCE ROW LEVEL SECURITY;
INSERT INTO public.approvals VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-1804-7601-bb85-92e903d8dfcb', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-1804-7601-bb85-92eafe12c0ad', 'tool_call', '{"server":"workspace","tool":"run_command","arguments":{"command":"git push"},"reasons":[],"binding":{"caller":"","tool_digest":"sha256:8ca5d81566f88badd698137ac629cbf93ccc107c0cd967b7964f7d82088f6ebf","arguments_digest":"sha256:ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c","policy_revision":"r1"},"always":null}', 'pending', NULL, NULL, NULL, 1795479115780942, NULL);
INSERT INTO public.approvals VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-1818-71c2-a6bd-6f6a524f6826', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-1818-71c2-a6bd-6f6b520faf48', 'tool_call', '{"server":"workspace","tool":"run_command","arguments":{"command":"git push"},"reasons":[],"binding":{"caller":"","tool_digest":"sha256:8ca5d81566f88badd698137ac629cbf93ccc107c0cd967b7964f7d82088f6ebf","arguments_digest":"sha256:ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c","policy_revision":"r1"},"always":null}', 'resolved', 'approve', 'dashboard', 'fine', 1795479115800684, 1795479115821799);
INSERT INTO public.approvals VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-183b-750e-89ef-c22d30c1a10b', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-183b-750e-89ef-c22e6a71e3d8', 'tool_call', '{"server":"workspace","tool":"run_command","arguments":{"command":"git push"},"reasons":[],"binding":{"caller":"","tool_digest":"sha256:8ca5d81566f88badd698137ac629cbf93ccc107c0cd967b7964f7d82088f6ebf","arguments_digest":"sha256:ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c","policy_revision":"r1"},"always":null}', 'void', NULL, NULL, NULL, 1795479115835915, 1795479115858203);
INSERT INTO public.approvals VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-18e4-706c-8c4a-2eba0f3c3acb', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-18e4-706c-8c4a-2ebb190749fc', 'tool_call', '{"server":"workspace","tool":"run_command","arguments":{"command":"git push"},"reasons":[],"binding":{"caller":"","tool_digest":"sha256:8ca5d81566f88badd698137ac629cbf93ccc107c0cd967b7964f7d82088f6ebf","arguments_digest":"sha256:ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c","policy_revision":"r1"},"always":null}', 'pending', NULL, NULL, NULL, 1795479116004930, NULL);
INSERT INTO public.approvals VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1901-73e9-8ceb-8acedc0b081f', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-1901-73e9-8ceb-8acf98c642a3', 'tool_call', '{"server":"workspace","tool":"run_command","arguments":{"command":"git push"},"reasons":[],"binding":{"caller":"","tool_digest":"sha256:8ca5d81566f88badd698137ac629cbf93ccc107c0cd967b7964f7d82088f6ebf","arguments_digest":"sha256:ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c","policy_revision":"r1"},"always":null}', 'resolved', 'approve', 'dashboard', 'fine', 1795479116033070, 1795479116057715);
INSERT INTO public.approvals VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1920-7605-aebf-ab73b82b9813', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-1920-7605-aebf-ab74ce5a7860', 'tool_call', '{"server":"workspace","tool":"run_command","arguments":{"command":"git push"},"reasons":[],"binding":{"caller":"","tool_digest":"sha256:8ca5d81566f88badd698137ac629cbf93ccc107c0cd967b7964f7d82088f6ebf","arguments_digest":"sha256:ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c","policy_revision":"r1"},"always":null}', 'void', NULL, NULL, NULL, 1795479116064854, 1795479116082675);
INSERT INTO public.decisions VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-179b-7593-bc26-978369dfef3d', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-179b-7593-bc26-97840892f99f', 'model.call', '{"decision":{"id":"01a20ae5-179b-7593-bc26-978369dfef3d","point":"model.call","verdict":"allow","reasons":[{"verdict":"allow","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-178a-7619-bfdf-ea5ef1bec113","call_id":"01a20ae5-179b-7593-bc26-97840892f99f","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.675173906Z"}', 1795479115675173);
INSERT INTO public.decisions VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-17ad-72d8-abc8-ea8773ea190c', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-17ad-72d8-abc8-ea88f7a4283f', 'tool.call', '{"decision":{"id":"01a20ae5-17ad-72d8-abc8-ea8773ea190c","point":"tool.call","verdict":"ask","reasons":[{"verdict":"ask","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-178a-7619-bfdf-ea5ef1bec113","call_id":"01a20ae5-17ad-72d8-abc8-ea88f7a4283f","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.693485002Z"}', 1795479115693485);
INSERT INTO public.decisions VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-17c8-7617-ad8e-8ad01f32718d', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-17c8-7617-ad8e-8ad15019decc', 'tool.result', '{"decision":{"id":"01a20ae5-17c8-7617-ad8e-8ad01f32718d","point":"tool.result","verdict":"deny","reasons":[{"verdict":"deny","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-178a-7619-bfdf-ea5ef1bec113","call_id":"01a20ae5-17c8-7617-ad8e-8ad15019decc","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.720820136Z"}', 1795479115720820);
INSERT INTO public.decisions VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-17d8-7387-a8aa-d6ee3ad1cf0a', NULL, NULL, 'tools.list', '{"decision":{"id":"01a20ae5-17d8-7387-a8aa-d6ee3ad1cf0a","point":"tools.list","verdict":"allow","reasons":[{"verdict":"allow","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":null,"call_id":null,"principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.737011515Z"}', 1795479115737011);
INSERT INTO public.decisions VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-17fc-7619-87d4-bbc658991c44', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-17fc-7619-87d4-bbc7e4c3ec73', 'tool.call', '{"decision":{"id":"01a20ae5-17fc-7619-87d4-bbc658991c44","point":"tool.call","verdict":"ask","reasons":[{"verdict":"ask","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-178a-7619-bfdf-ea5ef1bec113","call_id":"01a20ae5-17fc-7619-87d4-bbc7e4c3ec73","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.772998823Z"}', 1795479115772998);
INSERT INTO public.decisions VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-18a8-750b-b0e9-f9fc4a201c3c', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-18a8-750b-b0e9-f9fd2fc23511', 'model.call', '{"decision":{"id":"01a20ae5-18a8-750b-b0e9-f9fc4a201c3c","point":"model.call","verdict":"allow","reasons":[{"verdict":"allow","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-1890-7687-88d6-4c3beb198a3c","call_id":"01a20ae5-18a8-750b-b0e9-f9fd2fc23511","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.944654597Z"}', 1795479115944654);
INSERT INTO public.decisions VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-18ac-7404-be9a-b87a3bc3cd58', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-18ac-7404-be9a-b87b615ecec1', 'tool.call', '{"decision":{"id":"01a20ae5-18ac-7404-be9a-b87a3bc3cd58","point":"tool.call","verdict":"ask","reasons":[{"verdict":"ask","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-1890-7687-88d6-4c3beb198a3c","call_id":"01a20ae5-18ac-7404-be9a-b87b615ecec1","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.948770274Z"}', 1795479115948770);
INSERT INTO public.decisions VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-18b8-7354-b3fc-1076acbb5412', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-18b8-7354-b3fc-1077f9709b84', 'tool.result', '{"decision":{"id":"01a20ae5-18b8-7354-b3fc-1076acbb5412","point":"tool.result","verdict":"deny","reasons":[{"verdict":"deny","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-1890-7687-88d6-4c3beb198a3c","call_id":"01a20ae5-18b8-7354-b3fc-1077f9709b84","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.960860519Z"}', 1795479115960860);
INSERT INTO public.decisions VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-18bc-73a2-a45b-d5cc3e4c7197', NULL, NULL, 'tools.list', '{"decision":{"id":"01a20ae5-18bc-73a2-a45b-d5cc3e4c7197","point":"tools.list","verdict":"allow","reasons":[{"verdict":"allow","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":null,"call_id":null,"principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.964788023Z"}', 1795479115964788);
INSERT INTO public.decisions VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-18d9-720c-891e-828553cd3f7c', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-18d9-720c-891e-8286138650ce', 'tool.call', '{"decision":{"id":"01a20ae5-18d9-720c-891e-828553cd3f7c","point":"tool.call","verdict":"ask","reasons":[{"verdict":"ask","rule":"r.one","message":"because it''s \"so\""}],"obligations":{},"policy_revision":"r1","took_us":7},"task_id":"01a20ae5-1890-7687-88d6-4c3beb198a3c","call_id":"01a20ae5-18d9-720c-891e-8286138650ce","principal_id":"00000000-0000-7000-8000-757365720000","server":"workspace","tool":"read_file","question":{"point":"x","arguments":{"path":"a\u0000b","b":1.5,"a":null}},"at":"2026-11-24T00:11:55.993073993Z"}', 1795479115993073);
INSERT INTO public.journal VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', 1, 1795479115659172, 1, '{"type":"task_created","prompt":"old","workspace_id":"01a20ae5-1779-77d3-a09a-8e36685b3960","model":"demo","limits":{"steps_max":100,"tokens_max":2000000,"cost_max":5000000,"wall_seconds_max":3600},"system_prompt":"x"}');
INSERT INTO public.journal VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', 2, 1795479115791641, 1, '{"type":"approval_requested","approval_id":"01a20ae5-1804-7601-bb85-92e903d8dfcb","call_id":"01a20ae5-1804-7601-bb85-92eafe12c0ad","kind":"tool_call"}');
INSERT INTO public.journal VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', 3, 1795479115813598, 1, '{"type":"approval_requested","approval_id":"01a20ae5-1818-71c2-a6bd-6f6a524f6826","call_id":"01a20ae5-1818-71c2-a6bd-6f6b520faf48","kind":"tool_call"}');
INSERT INTO public.journal VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', 4, 1795479115822299, 1, '{"type":"approval_resolved","approval_id":"01a20ae5-1818-71c2-a6bd-6f6a524f6826","call_id":"01a20ae5-1818-71c2-a6bd-6f6b520faf48","kind":"tool_call","answer":"approve","by":"dashboard","note":"fine"}');
INSERT INTO public.journal VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', 5, 1795479115850040, 1, '{"type":"approval_requested","approval_id":"01a20ae5-183b-750e-89ef-c22d30c1a10b","call_id":"01a20ae5-183b-750e-89ef-c22e6a71e3d8","kind":"tool_call"}');
INSERT INTO public.journal VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', 6, 1795479115858521, 1, '{"type":"approval_voided","approval_id":"01a20ae5-183b-750e-89ef-c22d30c1a10b","call_id":"01a20ae5-183b-750e-89ef-c22e6a71e3d8","why":"the tool changed"}');
INSERT INTO public.journal VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1890-7687-88d6-4c3beb198a3c', 1, 1795479115920873, 1, '{"type":"task_created","prompt":"old","workspace_id":"01a20ae5-188d-73f3-b410-c4023f6e33b8","model":"demo","limits":{"steps_max":100,"tokens_max":2000000,"cost_max":5000000,"wall_seconds_max":3600},"system_prompt":"x"}');
INSERT INTO public.journal VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1890-7687-88d6-4c3beb198a3c', 2, 1795479116021415, 1, '{"type":"approval_requested","approval_id":"01a20ae5-18e4-706c-8c4a-2eba0f3c3acb","call_id":"01a20ae5-18e4-706c-8c4a-2ebb190749fc","kind":"tool_call"}');
INSERT INTO public.journal VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1890-7687-88d6-4c3beb198a3c', 3, 1795479116038269, 1, '{"type":"approval_requested","approval_id":"01a20ae5-1901-73e9-8ceb-8acedc0b081f","call_id":"01a20ae5-1901-73e9-8ceb-8acf98c642a3","kind":"tool_call"}');
INSERT INTO public.journal VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1890-7687-88d6-4c3beb198a3c', 4, 1795479116057952, 1, '{"type":"approval_resolved","approval_id":"01a20ae5-1901-73e9-8ceb-8acedc0b081f","call_id":"01a20ae5-1901-73e9-8ceb-8acf98c642a3","kind":"tool_call","answer":"approve","by":"dashboard","note":"fine"}');
INSERT INTO public.journal VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1890-7687-88d6-4c3beb198a3c', 5, 1795479116069744, 1, '{"type":"approval_requested","approval_id":"01a20ae5-1920-7605-aebf-ab73b82b9813","call_id":"01a20ae5-1920-7605-aebf-ab74ce5a7860","kind":"tool_call"}');
INSERT INTO public.journal VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1890-7687-88d6-4c3beb198a3c', 6, 1795479116083266, 1, '{"type":"approval_voided","approval_id":"01a20ae5-1920-7605-aebf-ab73b82b9813","call_id":"01a20ae5-1920-7605-aebf-ab74ce5a7860","why":"the tool changed"}');
INSERT INTO public.seaql_migrations VALUES ('m0001_first', 1795479115);
INSERT INTO public.tasks VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-178a-7619-bfdf-ea5ef1bec113', '01a20ae5-1779-77d3-a09a-8e36685b3960', 'an old task', 'an old task
old', 'demo', 'running', NULL, '{"steps_max":100,"tokens_max":2000000,"cost_max":5000000,"wall_seconds_max":3600}', '{"steps":0,"tokens":0,"cost":0,"wall_ms":0}', 6, 1795479115659172, 1795479115858521);
INSERT INTO public.tasks VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-1890-7687-88d6-4c3beb198a3c', '01a20ae5-188d-73f3-b410-c4023f6e33b8', 'an old task', 'an old task
old', 'demo', 'running', NULL, '{"steps_max":100,"tokens_max":2000000,"cost_max":5000000,"wall_seconds_max":3600}', '{"steps":0,"tokens":0,"cost":0,"wall_ms":0}', 6, 1795479115920873, 1795479116083266);
INSERT INTO public.tenants VALUES ('00000000-0000-7000-8000-6c6f63616c00', 1795479115620711);
INSERT INTO public.tenants VALUES ('0198a000-0000-7000-8000-000000000001', 1795479115901107);
INSERT INTO public.workspaces VALUES ('00000000-0000-7000-8000-6c6f63616c00', '01a20ae5-1779-77d3-a09a-8e36685b3960', '/srv/project', 'project', 1795479115641317);
INSERT INTO public.workspaces VALUES ('0198a000-0000-7000-8000-000000000001', '01a20ae5-188d-73f3-b410-c4023f6e33b8', '/srv/project', 'project', 1795479115917347);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (tenant_id, task_id, seq);
ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.seaql_migrations
    ADD CONSTRAINT seaql_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (tenant_id, token_hash);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (tenant_id, id);
CREATE UNIQUE INDEX approvals_pending ON public.approvals USING btree (tenant_id, task_id, call_id, kind) WHERE (status = 'pending'::text);
CREATE INDEX approvals_status ON public.approvals USING btree (tenant_id, status, created_at);
CREATE INDEX approvals_task ON public.approvals USING btree (tenant_id, task_id, created_at);
CREATE INDEX decisions_task ON public.decisions USING btree (tenant_id, task_id, id);
CREATE INDEX rules_task ON public.rules USING btree (tenant_id, task_id, id);
CREATE INDEX tasks_status ON public.tasks USING btree (tenant_id, status, id);
CREATE INDEX tasks_workspace ON public.tasks USING btree (tenant_id, workspace_id, id);
CREATE UNIQUE INDEX workspaces_root ON public.workspaces USING btree (tenant_id, root);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_tenant_id_task_id_fkey FOREIGN KEY (tenant_id, task_id) REFERENCES public.tasks(tenant_id, id);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_tenant_id_task_id_fkey FOREIGN KEY (tenant_id, task_id) REFERENCES public.tasks(tenant_id, id);
ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_tenant_id_task_id_fkey FOREIGN KEY (tenant_id, task_id) REFERENCES public.tasks(tenant_id, id);
ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_tenant_id_task_id_fkey FOREIGN KEY (tenant_id, task_id) REFERENCES public.tasks(tenant_id, id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_tenant_id_workspace_id_fkey FOREIGN KEY (tenant_id, workspace_id) REFERENCES public.workspaces(tenant_id, id);
ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);
ALTER TABLE public.approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.journal ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON public.approvals USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
CREATE POLICY own_tenant ON public.decisions USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
CREATE POLICY own_tenant ON public.journal USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
CREATE POLICY own_tenant ON public.rules USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
CREATE POLICY own_tenant ON public.sessions USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
CREATE POLICY own_tenant ON public.tasks USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
CREATE POLICY own_tenant ON public.tenants USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
CREATE POLICY own_tenant ON public.workspaces USING ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid)) WITH CHECK ((tenant_id = (NULLIF(current_setting('bailiwick.tenant_id'::text, true), ''::text))::uuid));
ALTER TABLE public.rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workspaces ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA public TO bailiwick_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.approvals TO bailiwick_app;
GRANT SELECT,INSERT ON TABLE public.decisions TO bailiwick_app;
GRANT SELECT,INSERT ON TABLE public.journal TO bailiwick_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rules TO bailiwick_app;
GRANT SELECT ON TABLE public.seaql_migrations TO bailiwick_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO bailiwick_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tasks TO bailiwick_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO bailiwick_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.workspaces TO bailiwick_app;
