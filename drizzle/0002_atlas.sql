CREATE TABLE "cronhook"."api_usage" (
	"provider" text NOT NULL,
	"usage_date" date NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL,
	"blocked_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "api_usage_provider_usage_date_pk" PRIMARY KEY("provider","usage_date")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."batch_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"batch_date" date NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"status" text NOT NULL,
	"cards_priced" integer DEFAULT 0 NOT NULL,
	"api_calls" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."cards" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"sku" text NOT NULL,
	"title" text NOT NULL,
	"query" text NOT NULL,
	"category_id" text,
	"condition" text,
	"cost_cents" integer,
	"price_cents" integer,
	"min_price_cents" integer,
	"max_price_cents" integer,
	"enabled" boolean DEFAULT true NOT NULL,
	"last_priced_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cards_sku_unique" UNIQUE("sku")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."price_observations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"card_id" uuid NOT NULL,
	"batch_run_id" uuid NOT NULL,
	"sample_size" integer NOT NULL,
	"low_cents" integer,
	"median_cents" integer,
	"high_cents" integer,
	"suggested_cents" integer,
	"applied" boolean DEFAULT false NOT NULL,
	"guardrail" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."crypto_assets" (
	"symbol" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."crypto_price_history" (
	"symbol" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"price_eur" numeric(24, 8) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "crypto_price_history_symbol_at_pk" PRIMARY KEY("symbol","at")
);
--> statement-breakpoint
CREATE TABLE "cronhook"."crypto_prices" (
	"symbol" text PRIMARY KEY NOT NULL,
	"price_eur" numeric(24, 8) NOT NULL,
	"pair" text NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cronhook"."investor_profiles" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"liquidites_json" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"placements_json" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"immobilier_data_json" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"cryptomonnaies_json" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"autres_biens_json" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"credits_json" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"calculated_total_liquidites" numeric(16, 2),
	"calculated_total_placements" numeric(16, 2),
	"calculated_total_immobilier_net" numeric(16, 2),
	"calculated_total_cryptomonnaies" numeric(16, 2),
	"calculated_total_autres_biens" numeric(16, 2),
	"calculated_total_credits" numeric(16, 2),
	"calculated_patrimoine_total_net" numeric(16, 2),
	"calculated_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "batch_runs_date" ON "cronhook"."batch_runs" USING btree ("batch_date","started_at");--> statement-breakpoint
CREATE INDEX "cards_longest_unpriced" ON "cronhook"."cards" USING btree (last_priced_at nulls first,"id") WHERE enabled;--> statement-breakpoint
CREATE INDEX "price_observations_card" ON "cronhook"."price_observations" USING btree ("card_id","created_at");--> statement-breakpoint
CREATE INDEX "price_observations_batch" ON "cronhook"."price_observations" USING btree ("batch_run_id");--> statement-breakpoint
CREATE INDEX "crypto_price_history_at" ON "cronhook"."crypto_price_history" USING btree ("at");--> statement-breakpoint
CREATE INDEX "investor_profiles_user" ON "cronhook"."investor_profiles" USING btree ("user_id");--> statement-breakpoint
INSERT INTO "cronhook"."crypto_assets" ("symbol", "name") VALUES
	('BTC', 'Bitcoin'),
	('ETH', 'Ethereum'),
	('USDT', 'Tether'),
	('XRP', 'XRP'),
	('BNB', 'BNB'),
	('SOL', 'Solana'),
	('USDC', 'USD Coin'),
	('DOGE', 'Dogecoin'),
	('TRX', 'TRON'),
	('ADA', 'Cardano'),
	('LINK', 'Chainlink'),
	('BCH', 'Bitcoin Cash'),
	('XLM', 'Stellar'),
	('SUI', 'Sui'),
	('AVAX', 'Avalanche'),
	('LTC', 'Litecoin'),
	('ZEC', 'Zcash'),
	('HBAR', 'Hedera'),
	('SHIB', 'Shiba Inu'),
	('TON', 'Toncoin'),
	('DOT', 'Polkadot'),
	('UNI', 'Uniswap'),
	('WLFI', 'World Liberty Financial'),
	('TAO', 'Bittensor'),
	('AAVE', 'Aave'),
	('ASTER', 'Aster'),
	('ENA', 'Ethena'),
	('NEAR', 'NEAR Protocol'),
	('ICP', 'Internet Computer'),
	('PEPE', 'Pepe'),
	('ETC', 'Ethereum Classic'),
	('APT', 'Aptos'),
	('ONDO', 'Ondo'),
	('WLD', 'Worldcoin'),
	('POL', 'Polygon'),
	('SKY', 'Sky'),
	('ARB', 'Arbitrum'),
	('ALGO', 'Algorand'),
	('ATOM', 'Cosmos'),
	('VET', 'VeChain'),
	('FIL', 'Filecoin'),
	('RENDER', 'Render'),
	('TRUMP', 'Official Trump'),
	('PAXG', 'PAX Gold'),
	('SEI', 'Sei'),
	('BONK', 'Bonk'),
	('JUP', 'Jupiter'),
	('QNT', 'Quant'),
	('DASH', 'Dash'),
	('PENGU', 'Pudgy Penguins'),
	('FDUSD', 'First Digital USD'),
	('INJ', 'Injective'),
	('OP', 'Optimism'),
	('FET', 'Artificial Superintelligence Alliance'),
	('STX', 'Stacks'),
	('CRV', 'Curve DAO'),
	('IMX', 'Immutable'),
	('VIRTUAL', 'Virtuals Protocol'),
	('TIA', 'Celestia'),
	('CAKE', 'PancakeSwap'),
	('GRT', 'The Graph'),
	('MORPHO', 'Morpho'),
	('FLOKI', 'Floki'),
	('LDO', 'Lido DAO'),
	('XTZ', 'Tezos'),
	('PYTH', 'Pyth Network'),
	('ETHFI', 'ether.fi'),
	('ENS', 'Ethereum Name Service'),
	('NEXO', 'Nexo'),
	('PENDLE', 'Pendle'),
	('IOTA', 'IOTA'),
	('KAIA', 'Kaia'),
	('ZRO', 'LayerZero'),
	('S', 'Sonic'),
	('JASMY', 'JasmyCoin'),
	('WIF', 'dogwifhat'),
	('RAY', 'Raydium'),
	('THETA', 'Theta Network'),
	('GALA', 'Gala'),
	('STRK', 'Starknet'),
	('SAND', 'The Sandbox'),
	('MANA', 'Decentraland'),
	('XPL', 'Plasma'),
	('CFX', 'Conflux'),
	('NEO', 'Neo'),
	('FLOW', 'Flow'),
	('DEXE', 'DeXe'),
	('CHZ', 'Chiliz'),
	('AR', 'Arweave'),
	('JTO', 'Jito'),
	('APE', 'ApeCoin'),
	('AXS', 'Axie Infinity'),
	('RUNE', 'THORChain'),
	('COMP', 'Compound'),
	('A', 'Vaulta'),
	('EGLD', 'MultiversX'),
	('EIGEN', 'EigenCloud'),
	('DYDX', 'dYdX'),
	('TWT', 'Trust Wallet'),
	('LUNC', 'Terra Classic'),
	('ZK', 'ZKsync'),
	('SNX', 'Synthetix'),
	('1INCH', '1inch'),
	('W', 'Wormhole')
ON CONFLICT DO NOTHING;
