CREATE TABLE "cronhook"."pricing_failures" (
	"card_id" uuid PRIMARY KEY NOT NULL,
	"failed_at" timestamp with time zone NOT NULL,
	"batch_run_id" uuid,
	"tries" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."crypto_failures" (
	"symbol" text PRIMARY KEY NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
