CREATE TABLE "cronhook"."counter_readings" (
	"source" text NOT NULL,
	"counter" text NOT NULL,
	"instance" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"value" double precision NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "counter_readings_source_counter_instance_pk" PRIMARY KEY("source","counter","instance")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."monitor_days" (
	"monitor_id" uuid NOT NULL,
	"day" date NOT NULL,
	"up_ms" bigint NOT NULL,
	"down_ms" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "monitor_days_monitor_id_day_pk" PRIMARY KEY("monitor_id","day")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."task_run_totals" (
	"task" text NOT NULL,
	"status" text NOT NULL,
	"le" double precision NOT NULL,
	"runs" bigint NOT NULL,
	"duration_ms" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "task_run_totals_task_status_le_pk" PRIMARY KEY("task","status","le")
);
--> statement-breakpoint
ALTER TABLE "cronhook"."task_runs" ADD COLUMN "aside" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "monitor_days_day" ON "cronhook"."monitor_days" USING btree ("day");--> statement-breakpoint
CREATE INDEX "incidents_source" ON "cronhook"."incidents" USING btree ("source","opened_at");--> statement-breakpoint
CREATE INDEX "incidents_opened" ON "cronhook"."incidents" USING btree ("opened_at");--> statement-breakpoint
CREATE INDEX "incidents_owed" ON "cronhook"."incidents" USING btree ("opened_at") WHERE details->'owed' is not null;--> statement-breakpoint
CREATE INDEX "outbox_messages_stuck" ON "cronhook"."outbox_messages" USING btree ("status","channel") WHERE status in ('held', 'failed');--> statement-breakpoint
CREATE INDEX "task_runs_telling" ON "cronhook"."task_runs" USING btree ("task","started_at","id") WHERE status in ('succeeded', 'partial', 'failed', 'lost') and not dry_run and not aside;--> statement-breakpoint
INSERT INTO "cronhook"."task_run_totals" ("task", "status", "le", "runs", "duration_ms")
SELECT run."task", run."status", bucket."le", count(*), coalesce(sum(run."duration_ms"), 0)
FROM "cronhook"."task_runs" run
CROSS JOIN LATERAL (
	SELECT min(bound) AS "le" FROM unnest('{0.1,0.5,1,2.5,5,10,30,60,120,300,600,1800,3600,Infinity}'::double precision[]) AS bound
	WHERE coalesce(run."duration_ms", 0) <= bound * 1000
) AS bucket
WHERE NOT run."dry_run" AND run."status" <> 'running'
GROUP BY 1, 2, 3;
