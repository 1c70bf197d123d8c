CREATE SCHEMA IF NOT EXISTS "cronhook";
--> statement-breakpoint
CREATE TABLE "cronhook"."companies" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"phone" text,
	"plan" text DEFAULT 'trial' NOT NULL,
	"status" text DEFAULT 'trial' NOT NULL,
	"trial_ends_at" timestamp with time zone,
	"converted_at" timestamp with time zone,
	"cancelled_at" timestamp with time zone,
	"last_active_at" timestamp with time zone,
	"reactivation_asked_at" timestamp with time zone,
	"previous_status" text,
	"archive_key" text,
	"archived_at" timestamp with time zone,
	"anonymized_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"company_id" uuid,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"phone" text,
	"role" text DEFAULT 'member' NOT NULL,
	"last_login_at" timestamp with time zone,
	"last_active_at" timestamp with time zone,
	"disabled_at" timestamp with time zone,
	"stripe_customer_id" text,
	"deletion_requested_at" timestamp with time zone,
	"deletion_scheduled_at" timestamp with time zone,
	"deletion_started_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."inbox_folders" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"integration_id" uuid NOT NULL,
	"path" text NOT NULL,
	"special_use" text,
	"uid_validity" bigint NOT NULL,
	"last_uid" bigint DEFAULT 0 NOT NULL,
	"backfill_uid" bigint,
	"highest_modseq" bigint,
	"last_synced_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_folders_path" UNIQUE("integration_id","path")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."inbox_integrations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"company_id" uuid,
	"email" text NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"tls" text NOT NULL,
	"username" text NOT NULL,
	"auth_type" text DEFAULT 'password' NOT NULL,
	"secret_encrypted" text NOT NULL,
	"oauth" jsonb,
	"enabled" boolean DEFAULT true NOT NULL,
	"consecutive_failures" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"last_synced_at" timestamp with time zone,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."inbox_messages" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"folder_id" uuid NOT NULL,
	"uid_validity" bigint NOT NULL,
	"uid" bigint NOT NULL,
	"message_id" text,
	"in_reply_to" text,
	"reference_ids" text[] DEFAULT '{}' NOT NULL,
	"auto_submitted" boolean DEFAULT false NOT NULL,
	"thread_id" uuid NOT NULL,
	"from_address" text,
	"from_name" text,
	"to_addresses" text[] DEFAULT '{}' NOT NULL,
	"cc_addresses" text[] DEFAULT '{}' NOT NULL,
	"subject" text,
	"sent_at" timestamp with time zone,
	"received_at" timestamp with time zone NOT NULL,
	"flags" text[] DEFAULT '{}' NOT NULL,
	"size_bytes" bigint NOT NULL,
	"text_body" text,
	"html_body" text,
	"attachments" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"deleted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_messages_uid" UNIQUE("folder_id","uid_validity","uid")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."task_leases" (
	"task" text PRIMARY KEY NOT NULL,
	"run_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."task_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"task" text NOT NULL,
	"status" text NOT NULL,
	"trigger" text NOT NULL,
	"host" text NOT NULL,
	"dry_run" boolean DEFAULT false NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"duration_ms" integer,
	"message" text,
	"progress" jsonb,
	"stats" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"errors" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"details" jsonb,
	"log" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "inbox_messages_message_id" ON "cronhook"."inbox_messages" USING btree ("message_id");--> statement-breakpoint
CREATE INDEX "inbox_messages_thread" ON "cronhook"."inbox_messages" USING btree ("thread_id");--> statement-breakpoint
CREATE INDEX "inbox_messages_references" ON "cronhook"."inbox_messages" USING gin ("reference_ids") WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX "task_runs_recent" ON "cronhook"."task_runs" USING btree ("started_at","id");--> statement-breakpoint
CREATE INDEX "task_runs_by_task" ON "cronhook"."task_runs" USING btree ("task","started_at","id");--> statement-breakpoint
CREATE INDEX "task_runs_running" ON "cronhook"."task_runs" USING btree ("task") WHERE status = 'running';