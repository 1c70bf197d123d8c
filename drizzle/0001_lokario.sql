CREATE TABLE "cronhook"."account_deletions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"deleted_at" timestamp with time zone NOT NULL,
	"counts" jsonb NOT NULL,
	"stored_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."tokens" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."user_activity" (
	"user_id" uuid NOT NULL,
	"day" date NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "user_activity_user_id_day_pk" PRIMARY KEY("user_id","day")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."appointments" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"company_id" uuid,
	"user_id" uuid NOT NULL,
	"title" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"location" text,
	"reminder_minutes" integer[] DEFAULT '{1440,60}' NOT NULL,
	"status" text DEFAULT 'planned' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."todos" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"company_id" uuid,
	"assignee_id" uuid NOT NULL,
	"title" text NOT NULL,
	"due_at" timestamp with time zone,
	"priority" text DEFAULT 'normal' NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."billing_documents" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"company_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"number" text NOT NULL,
	"customer_name" text NOT NULL,
	"customer_email" text NOT NULL,
	"total_cents" bigint NOT NULL,
	"currency" text DEFAULT 'EUR' NOT NULL,
	"issued_at" date NOT NULL,
	"due_at" date,
	"status" text NOT NULL,
	"paid_at" timestamp with time zone,
	"url" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."billing_settings" (
	"company_id" uuid PRIMARY KEY NOT NULL,
	"auto_followups_enabled" boolean DEFAULT true NOT NULL,
	"invoice_delays_days" integer[] DEFAULT '{3,10,20}' NOT NULL,
	"quote_delays_days" integer[] DEFAULT '{3,7}' NOT NULL,
	"sender_name" text,
	"reply_to" text,
	"skip_weekends" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."followups" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"document_id" uuid NOT NULL,
	"auto_enabled" boolean DEFAULT true NOT NULL,
	"steps_sent" integer DEFAULT 0 NOT NULL,
	"last_sent_at" timestamp with time zone,
	"stopped_at" timestamp with time zone,
	"stopped_reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "followups_document_id_unique" UNIQUE("document_id")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."incidents" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"source" text NOT NULL,
	"severity" text NOT NULL,
	"title" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."notifications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid,
	"kind" text NOT NULL,
	"severity" text DEFAULT 'info' NOT NULL,
	"dedupe_key" text NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"link" text,
	"read_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notifications_dedupe_key_unique" UNIQUE("dedupe_key")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."outbox_messages" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"task" text NOT NULL,
	"channel" text DEFAULT 'email' NOT NULL,
	"dedupe_key" text NOT NULL,
	"recipient" text NOT NULL,
	"subject" text,
	"text_body" text NOT NULL,
	"html_body" text,
	"headers" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"attachments" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"message_id" text DEFAULT '<' || gen_random_uuid()::text || '@cronhook>' NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"ephemeral" boolean DEFAULT false NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"sent_at" timestamp with time zone,
	"claimed_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "outbox_messages_dedupe_key_unique" UNIQUE("dedupe_key")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."suppressed_addresses" (
	"address" text PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "account_deletions_unstored" ON "cronhook"."account_deletions" USING btree ("deleted_at") WHERE stored_at is null;--> statement-breakpoint
CREATE INDEX "sessions_user" ON "cronhook"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "tokens_user" ON "cronhook"."tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "appointments_planned" ON "cronhook"."appointments" USING btree ("starts_at") WHERE status = 'planned';--> statement-breakpoint
CREATE INDEX "appointments_user" ON "cronhook"."appointments" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "todos_due" ON "cronhook"."todos" USING btree ("due_at") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "todos_assignee" ON "cronhook"."todos" USING btree ("assignee_id");--> statement-breakpoint
CREATE INDEX "billing_documents_invoices" ON "cronhook"."billing_documents" USING btree ("due_at","id") WHERE kind = 'invoice' and status in ('sent', 'overdue');--> statement-breakpoint
CREATE INDEX "billing_documents_quotes" ON "cronhook"."billing_documents" USING btree ("issued_at","id") WHERE kind = 'quote' and status = 'sent';--> statement-breakpoint
CREATE INDEX "billing_documents_company" ON "cronhook"."billing_documents" USING btree ("company_id");--> statement-breakpoint
CREATE INDEX "followups_open" ON "cronhook"."followups" USING btree ("document_id") WHERE stopped_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_open" ON "cronhook"."incidents" USING btree ("source") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "notifications_user" ON "cronhook"."notifications" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "outbox_messages_due" ON "cronhook"."outbox_messages" USING btree ("next_attempt_at","id") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "outbox_messages_claimed" ON "cronhook"."outbox_messages" USING btree ("claimed_by") WHERE status = 'sending';--> statement-breakpoint
CREATE INDEX "outbox_messages_message_id" ON "cronhook"."outbox_messages" USING btree ("message_id");--> statement-breakpoint
CREATE INDEX "outbox_messages_recipient" ON "cronhook"."outbox_messages" USING btree (lower(recipient));--> statement-breakpoint
CREATE INDEX "suppressed_addresses_lower" ON "cronhook"."suppressed_addresses" USING btree (lower(address));--> statement-breakpoint
CREATE INDEX "users_company" ON "cronhook"."users" USING btree ("company_id");--> statement-breakpoint
CREATE INDEX "users_deletion" ON "cronhook"."users" USING btree ("deletion_scheduled_at") WHERE deletion_scheduled_at is not null;