// Made by `npm run docs`; not to be changed by hand.
export const SQLITE_SCHEMA = `
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
CREATE TABLE "repositories" ("id" integer primary key autoincrement, "name" text not null unique, "created_at" bigint not null, "deleted_at" bigint, "bytes" bigint default 0 not null, "unique_bytes" bigint default 0 not null);
CREATE TABLE "blobs" ("digest" text primary key, "size" bigint not null, "storage_key" text unique, "created_at" bigint not null, "holders" integer default 0 not null, "review_at" bigint, "damaged_at" bigint) without rowid;
CREATE TABLE "small_blobs" ("digest" text primary key references "blobs" ("digest") on delete cascade, "content" blob not null);
CREATE TABLE "repository_blobs" ("repository_id" integer not null references "repositories" ("id"), "digest" text not null references "blobs" ("digest"), "touched_at" bigint not null, "review_at" bigint, constraint "repository_blobs_pk" primary key ("repository_id", "digest")) without rowid;
CREATE INDEX "repository_blobs_digest" on "repository_blobs" ("digest");
CREATE TABLE "manifests" ("repository_id" integer not null references "repositories" ("id"), "digest" text not null, "media_type" text not null, "artifact_type" text, "subject" text, "annotations" text, "size" integer not null, "content" blob not null, "created_at" bigint not null, deletion integer references deletions (id), "released_at" bigint, "review_at" bigint, constraint "manifests_pk" primary key ("repository_id", "digest"));
CREATE INDEX "manifests_subject" on "manifests" ("repository_id", "subject", "digest") where "subject" is not null;
CREATE TABLE "manifest_blobs" ("repository_id" integer not null, "manifest" text not null, "digest" text not null, constraint "manifest_blobs_pk" primary key ("repository_id", "manifest", "digest"), constraint "manifest_blobs_manifest" foreign key ("repository_id", "manifest") references "manifests" ("repository_id", "digest") on delete cascade) without rowid;
CREATE INDEX "manifest_blobs_digest" on "manifest_blobs" ("digest", "repository_id");
CREATE TABLE "manifest_children" ("repository_id" integer not null, "parent" text not null, "child" text not null, constraint "manifest_children_pk" primary key ("repository_id", "parent", "child"), constraint "manifest_children_parent" foreign key ("repository_id", "parent") references "manifests" ("repository_id", "digest") on delete cascade) without rowid;
CREATE TABLE "tags" ("repository_id" integer not null, "name" text not null, "digest" text not null, "updated_at" bigint not null, constraint "tags_pk" primary key ("repository_id", "name"), constraint "tags_manifest" foreign key ("repository_id", "digest") references "manifests" ("repository_id", "digest")) without rowid;
CREATE INDEX "tags_digest" on "tags" ("repository_id", "digest");
CREATE TABLE "uploads" ("id" text primary key, "repository" text not null, "principal" text not null, "state" text not null, "writer" text, "digest" text, "created_at" bigint not null, "updated_at" bigint not null, "last_writer" text) without rowid;
CREATE INDEX "uploads_updated" on "uploads" ("updated_at");
CREATE TABLE "token_keys" ("id" text primary key, "private_key" text not null, "public_key" text not null, "created_at" bigint not null);
CREATE TABLE "users" ("id" text primary key, "name" text not null unique, "password_hash" text, "email" text unique, "system_role" text not null, "disabled" integer not null, "revoked_before" bigint not null, "created_at" bigint not null);
CREATE TABLE "identities" ("provider" text not null, "subject" text not null, "user_id" text not null references "users" ("id") on delete cascade, "created_at" bigint not null, constraint "identities_pk" primary key ("provider", "subject"));
CREATE INDEX "identities_user" on "identities" ("user_id");
CREATE TABLE "groups" ("id" integer primary key autoincrement, "name" text not null unique, "created_at" bigint not null);
CREATE TABLE "group_members" ("group_id" integer not null references "groups" ("id") on delete cascade, "user_id" text not null references "users" ("id") on delete cascade, "source" text not null, constraint "group_members_pk" primary key ("group_id", "user_id", "source"));
CREATE INDEX "group_members_user" on "group_members" ("user_id");
CREATE TABLE "projects" ("id" integer primary key autoincrement, "name" text not null unique, "public" integer not null, "created_by" text, "created_at" bigint not null);
CREATE TABLE "grants" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "pattern" text not null, "subject" text not null, "allows" text not null, "created_at" bigint not null, constraint "grants_unique" unique ("project_id", "subject", "pattern"));
CREATE INDEX "grants_subject" on "grants" ("subject");
CREATE TABLE "access_state" ("id" integer primary key, "version" integer not null);
CREATE TABLE "robots" ("id" text primary key, "name" text not null unique, "project_id" integer references "projects" ("id") on delete cascade, "maker" text, "secret_hash" text unique, "expires_at" bigint, "disabled" integer not null, "revoked_before" bigint not null, "created_at" bigint not null);
CREATE INDEX "robots_project" on "robots" ("project_id");
CREATE TABLE "trust_rules" ("id" integer primary key autoincrement, "robot_id" text not null references "robots" ("id") on delete cascade, "issuer" text not null, "claims" text not null, "created_at" bigint not null);
CREATE INDEX "trust_rules_issuer" on "trust_rules" ("issuer");
CREATE INDEX "trust_rules_robot" on "trust_rules" ("robot_id");
CREATE TABLE "api_keys" ("id" text primary key, "user_id" text not null references "users" ("id") on delete cascade, "name" text not null, "secret_hash" text not null unique, "scopes" text, "expires_at" bigint not null, "created_at" bigint not null, constraint "api_keys_name" unique ("user_id", "name"));
CREATE TABLE "secret_uses" ("id" text primary key, "used_at" bigint not null);
CREATE TABLE "refresh_tokens" ("id" text primary key, "secret_hash" text not null unique, "principal" text not null, "api_key" text references "api_keys" ("id") on delete cascade, "client" text not null, "created_at" bigint not null, "used_at" bigint not null, "expires_at" bigint not null);
CREATE INDEX "refresh_tokens_principal" on "refresh_tokens" ("principal");
CREATE INDEX "refresh_tokens_expires" on "refresh_tokens" ("expires_at");
CREATE TABLE "web_sessions" ("secret_hash" text primary key, "user_id" text not null references "users" ("id") on delete cascade, "csrf" text not null, "created_at" bigint not null, "expires_at" bigint not null);
CREATE INDEX "web_sessions_user" on "web_sessions" ("user_id");
CREATE TABLE "oidc_attempts" ("state_hash" text primary key, "browser_hash" text not null, "provider" text not null, "nonce" text not null, "verifier" text not null, "next" text not null, "expires_at" bigint not null);
CREATE TABLE "device_codes" ("device_hash" text primary key, "user_code" text not null unique, "client" text not null, "address" text not null, "user_id" text references "users" ("id") on delete cascade, "refused" integer not null, "polled_at" bigint not null, "expires_at" bigint not null);
CREATE TABLE "audit" ("id" integer primary key, "at" bigint not null, "actor" text not null, "actor_name" text not null, "address" text not null, "action" text not null, "target" text not null, "outcome" text not null, "detail" text not null, "hash" text not null);
CREATE INDEX "audit_actor" on "audit" ("actor", "id");
CREATE INDEX "audit_target" on "audit" ("target", "id");
CREATE TABLE "audit_state" ("id" integer primary key, "anchor_id" integer not null, "anchor_hash" text not null, "exported_id" integer not null);
CREATE INDEX uploads_principal on uploads (principal) where state = 'open';
CREATE INDEX uploads_repository on uploads (repository) where state = 'open';
CREATE TABLE "deletions" ("id" integer primary key autoincrement, "repository_id" integer not null references "repositories" ("id"), "kind" text not null, "reason" text not null, "actor" text not null, "actor_name" text not null, "deleted_at" bigint not null, "purge_at" bigint not null);
CREATE INDEX "deletions_purge" on "deletions" ("purge_at");
CREATE INDEX "deletions_repository" on "deletions" ("repository_id", "id");
CREATE TABLE "tag_events" ("repository_id" integer not null references "repositories" ("id"), "tag" text not null, "at" bigint not null, "digest" text, "previous" text, "actor" text not null, "actor_name" text not null, "reason" text not null, "deletion" integer references "deletions" ("id") on delete set null, constraint "tag_events_pk" primary key ("repository_id", "tag", "at")) without rowid;
CREATE INDEX tag_events_deletion on tag_events (deletion) where deletion is not null;
CREATE INDEX "tag_events_at" on "tag_events" ("repository_id", "at");
CREATE TABLE "pulls" ("repository_id" integer not null references "repositories" ("id") on delete cascade, "reference" text not null, "pulled_at" bigint not null, constraint "pulls_pk" primary key ("repository_id", "reference")) without rowid;
CREATE INDEX blobs_review on blobs (review_at) where review_at is not null;
CREATE INDEX blobs_damaged on blobs (damaged_at) where damaged_at is not null;
CREATE INDEX repository_blobs_review on repository_blobs (review_at) where review_at is not null;
CREATE INDEX "manifest_children_child" on "manifest_children" ("child", "repository_id");
CREATE INDEX manifests_review on manifests (review_at) where review_at is not null;
CREATE INDEX manifests_deletion on manifests (deletion) where deletion is not null;
CREATE TABLE "trash" ("storage_key" text primary key, "size" bigint not null, "delete_after" bigint not null) without rowid;
CREATE INDEX "trash_delete_after" on "trash" ("delete_after");
CREATE TABLE "protection_holders" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "name" text not null, "created_by" text not null, "expires_at" bigint not null, constraint "protection_holders_name" unique ("project_id", "name"));
CREATE INDEX "protection_holders_expires" on "protection_holders" ("expires_at");
CREATE TABLE "protections" ("repository_id" integer not null references "repositories" ("id") on delete cascade, "digest" text not null, "holder_id" integer not null references "protection_holders" ("id") on delete cascade, constraint "protections_pk" primary key ("repository_id", "digest", "holder_id")) without rowid;
CREATE INDEX "protections_holder" on "protections" ("holder_id");
CREATE TABLE "retention_rules" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "repositories" text not null, "tags" text not null, "body" text not null, "created_by" text not null, "created_at" bigint not null);
CREATE TABLE "immutability_rules" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "repositories" text not null, "tags" text not null, "body" text not null, "created_by" text not null, "created_at" bigint not null);
CREATE INDEX "retention_rules_project" on "retention_rules" ("project_id");
CREATE INDEX "immutability_rules_project" on "immutability_rules" ("project_id");
CREATE TABLE "tag_expiry" ("repository_id" integer not null references "repositories" ("id") on delete cascade, "tag" text not null, "expires_at" bigint not null, "source" text not null, constraint "tag_expiry_pk" primary key ("repository_id", "tag")) without rowid;
CREATE INDEX "tag_expiry_expires" on "tag_expiry" ("expires_at");
CREATE TABLE "quotas" ("project_id" integer primary key references "projects" ("id") on delete cascade, "max_bytes" bigint, "max_repositories" bigint, "max_tags" bigint, "bytes" bigint not null, "repositories" bigint not null, "tags" bigint not null, "warned_at" bigint);
CREATE TABLE "quota_blobs" ("project_id" integer not null references "quotas" ("project_id") on delete cascade, "digest" text not null, "repositories" integer not null, constraint "quota_blobs_pk" primary key ("project_id", "digest")) without rowid;
CREATE TABLE "quota_reservations" ("upload_id" text primary key, "project_id" integer not null references "quotas" ("project_id") on delete cascade, "bytes" bigint not null) without rowid;
CREATE INDEX "quota_reservations_project" on "quota_reservations" ("project_id");
CREATE TABLE "job_state" ("name" text primary key, "state" text not null, "updated_at" bigint not null);
CREATE TABLE "leases" ("name" text primary key, "holder" text not null, "expires_at" bigint not null);
CREATE TABLE "replicas" ("id" text primary key, "host" text not null, "version" text not null, "started_at" bigint not null, "seen_at" bigint not null, "access_version" bigint not null);
CREATE TABLE "audit_inbox" ("id" integer primary key autoincrement, "at" bigint not null, "draft" text not null);
CREATE TABLE "write_turn" ("id" integer);
CREATE INDEX uploads_writer on uploads (writer) where writer is not null;
CREATE TABLE "remotes" ("id" integer primary key autoincrement, "name" text not null unique, "url" text not null, "username" text, "password" text, "password_file" text, "ca" text, "options" text not null, "created_at" bigint not null, "version" bigint not null);
CREATE TABLE "remote_states" ("remote_id" integer not null references "remotes" ("id") on delete cascade, "instance" text not null, "state" text not null, "updated_at" bigint not null, constraint "remote_states_key" primary key ("remote_id", "instance"));
CREATE TABLE "sources" ("id" integer primary key autoincrement, "project_id" integer references "projects" ("id") on delete cascade, "position" integer not null, "remote_id" integer not null references "remotes" ("id"), "prefix" text not null, "mode" text not null, "options" text not null, "created_at" bigint not null);
CREATE TABLE "namespaces" ("name" text primary key, "project_id" integer not null references "projects" ("id") on delete cascade, "is_default" integer not null);
CREATE TABLE "source_checks" ("repository_id" integer not null references "repositories" ("id") on delete cascade, "reference" text not null, "source_id" integer not null, "digest" text not null, "checked_at" bigint not null, constraint "source_checks_key" primary key ("repository_id", "reference"));
CREATE TABLE "replication_rules" ("id" integer primary key autoincrement, "name" text not null unique, "remote_id" integer not null references "remotes" ("id"), "direction" text not null, "body" text not null, "enabled" integer not null, "created_by" text not null, "created_at" bigint not null, "next_run_at" bigint);
CREATE TABLE "replication_executions" ("id" integer primary key autoincrement, "rule_id" integer not null references "replication_rules" ("id") on delete cascade, "trigger" text not null, "actor" text not null, "state" text not null, "created_at" bigint not null, "started_at" bigint, "ended_at" bigint, "progress" text, "stopping" integer default 0 not null, "copied" integer default 0 not null, "present" integer default 0 not null, "deleted" integer default 0 not null, "skipped" integer default 0 not null, "failed" integer default 0 not null, "conflicts" integer default 0 not null, "bytes" bigint default 0 not null, "error" text);
CREATE INDEX replication_executions_open on replication_executions (state) where state in ('waiting', 'running');
CREATE INDEX "replication_executions_rule" on "replication_executions" ("rule_id", "id");
CREATE TABLE "replication_images" ("execution_id" integer not null references "replication_executions" ("id") on delete cascade, "repository" text not null, "reference" text not null, "digest" text, "state" text not null, "reason" text not null, "attempts" integer not null, "bytes" bigint not null, "at" bigint not null, "next_at" bigint, constraint "replication_images_pk" primary key ("execution_id", "repository", "reference"));
CREATE INDEX replication_images_waiting on replication_images (execution_id, next_at) where state = 'waiting';
CREATE TABLE "replication_queue" ("rule_id" integer not null references "replication_rules" ("id") on delete cascade, "repository" text not null, "reference" text not null, "seq" bigint not null, "attempts" integer default 0 not null, "next_at" bigint not null, constraint "replication_queue_pk" primary key ("rule_id", "repository", "reference"));
CREATE INDEX "replication_queue_due" on "replication_queue" ("rule_id", "next_at");
CREATE TABLE "replication_tags" ("rule_id" integer not null references "replication_rules" ("id") on delete cascade, "repository" text not null, "tag" text not null, "there" text not null, "digest" text, "brought" integer not null, "settled_at" bigint not null, "referrers" text, "referrers_at" bigint not null, "writing" text, "recent" text not null, constraint "replication_tags_pk" primary key ("rule_id", "repository", "tag"));
CREATE INDEX "replication_tags_there" on "replication_tags" ("there", "tag");
CREATE TABLE "adopted_places" ("name" text primary key, "round" integer not null, "state" text not null, "started_at" bigint not null, "ended_at" bigint, "problem" text);
CREATE TABLE "adopted_repositories" ("place" text not null, "name" text not null, "round" integer not null, "manifests" integer not null, "tags" integer not null, "problems" integer not null, constraint "adopted_repositories_pk" primary key ("place", "name")) without rowid;
CREATE TABLE "adopted_problems" ("place" text not null, "repository" text not null, "subject" text not null, "problem" text not null, constraint "adopted_problems_pk" primary key ("place", "repository", "subject")) without rowid;
CREATE INDEX "manifests_digest" on "manifests" ("digest");
CREATE TABLE "layer_inventories" ("digest" text primary key, "analyzer" integer not null, "state" text not null, "content" blob not null, "files" blob not null, "analyzed_at" bigint not null);
CREATE TABLE "images" ("id" integer primary key autoincrement, "digest" text not null unique, "analyzer" integer not null, "state" text not null, "facts" text not null, "content" blob not null, "packages" integer not null, "analyzed_at" bigint not null);
CREATE TABLE "packages" ("id" integer primary key autoincrement, "purl" text not null, "type" text not null, "name" text not null, "version" text not null, "ecosystem" text not null, "advisory_name" text not null, "advisory_version" text not null, "matched_with" text default '' not null, "unclear" integer default 0 not null, constraint "packages_unique" unique ("purl", "ecosystem", "advisory_name", "advisory_version"));
CREATE INDEX "packages_matched" on "packages" ("matched_with", "id");
CREATE INDEX "packages_advisory_name" on "packages" ("advisory_name");
CREATE INDEX "packages_name" on "packages" ("name", "type");
CREATE TABLE "image_packages" ("image_id" integer not null references "images" ("id") on delete cascade, "package_id" integer not null references "packages" ("id"), constraint "image_packages_pk" primary key ("image_id", "package_id")) without rowid;
CREATE INDEX "image_packages_package" on "image_packages" ("package_id", "image_id");
CREATE TABLE "scan_queue" ("digest" text primary key, "attempts" integer default 0 not null, "due_at" bigint not null, "problem" text) without rowid;
CREATE INDEX "scan_queue_due" on "scan_queue" ("due_at");
CREATE TABLE "vulnerabilities" ("id" text not null, "ecosystem" text not null, "content" text not null, "modified_at" bigint not null, constraint "vulnerabilities_pk" primary key ("id", "ecosystem")) without rowid;
CREATE TABLE "package_matches" ("package_id" integer not null references "packages" ("id") on delete cascade, "vulnerability" text not null, "advisory" text not null, "fixed_version" text, "severity" integer not null, "first_seen_at" bigint not null, constraint "package_matches_pk" primary key ("package_id", "vulnerability")) without rowid;
CREATE INDEX "package_matches_vulnerability" on "package_matches" ("vulnerability");
CREATE TABLE "scanners" ("id" integer primary key autoincrement, "name" text not null unique, "kind" text not null, "settings" text not null, "secret" text, "enabled" integer not null, "created_by" text not null, "created_at" bigint not null);
CREATE TABLE "scan_reports" ("digest" text not null, "scanner" text not null, "state" text not null, "content" text not null, "raw" blob, "scanned_at" bigint not null, constraint "scan_reports_pk" primary key ("digest", "scanner"));
CREATE TABLE "foreign_scans" ("id" text primary key, "owner" text not null, "request" text not null, "secret" text, "state" text not null, "attempts" integer default 0 not null, "problem" text, "content" blob, "created_at" bigint not null) without rowid;
CREATE INDEX "foreign_scans_waiting" on "foreign_scans" ("state", "created_at");
CREATE TABLE "vulnerability_exceptions" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "repositories" text not null, "vulnerability" text not null, "package" text not null, "reason" text not null, "expires_at" bigint not null, "created_by" text not null, "created_at" bigint not null);
CREATE TABLE "vex_documents" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "repositories" text not null, "content" text not null, "created_by" text not null, "created_at" bigint not null);
CREATE TABLE "trust_anchors" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "name" text not null, "kind" text not null, "body" text not null, "created_by" text not null, "created_at" bigint not null, constraint "trust_anchors_name" unique ("project_id", "name"));
CREATE TABLE "signature_results" ("repository_id" integer not null references "repositories" ("id") on delete cascade, "digest" text not null, "revision" text not null, "content" text not null, "valid_until" bigint, "checked_at" bigint not null, constraint "signature_results_pk" primary key ("repository_id", "digest"));
CREATE TABLE "policy_rules" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "name" text not null, "repositories" text not null, "mode" text not null, "body" text not null, "created_by" text not null, "created_at" bigint not null, constraint "policy_rules_name" unique ("project_id", "name"));
CREATE TABLE "policy_exemptions" ("id" integer primary key autoincrement, "project_id" integer not null references "projects" ("id") on delete cascade, "name" text not null, "rule_id" integer references "policy_rules" ("id") on delete cascade, "repositories" text not null, "digest" text, "reason" text not null, "expires_at" bigint not null, "created_by" text not null, "created_at" bigint not null, constraint "policy_exemptions_name" unique ("project_id", "name"));
CREATE TABLE "policy_verdicts" ("repository_id" integer not null references "repositories" ("id") on delete cascade, "digest" text not null, "revision" text not null, "outcome" text not null, "body" text not null, "valid_until" bigint, "epoch" integer default 0 not null, constraint "policy_verdicts_pk" primary key ("repository_id", "digest"));
CREATE INDEX "policy_verdicts_digest" on "policy_verdicts" ("digest");
CREATE TABLE "webhooks" ("id" integer primary key autoincrement, "project_id" integer references "projects" ("id") on delete cascade, "url" text not null, "settings" text not null, "secret" text, "enabled" integer not null, "created_by" text not null, "created_at" bigint not null, "position" bigint not null, "attempts" integer default 0 not null, "failing_since" bigint, "due_at" bigint default 0 not null);
CREATE INDEX "webhooks_project" on "webhooks" ("project_id");
CREATE TABLE "webhook_deliveries" ("id" integer primary key autoincrement, "webhook_id" integer not null references "webhooks" ("id") on delete cascade, "event_id" bigint not null, "type" text not null, "state" text not null, "status" integer, "problem" text, "event" text, "at" bigint not null);
CREATE INDEX "webhook_deliveries_webhook" on "webhook_deliveries" ("webhook_id", "id");
CREATE INDEX "tags_name" on "tags" ("name", "repository_id");
CREATE TABLE search_texts (id integer primary key, kind text not null, digest text not null, content text not null,
   unique (kind, digest));
CREATE VIRTUAL TABLE search_words using fts5(content, content = 'search_texts', content_rowid = 'id');
CREATE TRIGGER search_texts_added after insert on search_texts begin
     insert into search_words (rowid, content) values (new.id, new.content);
   end;
CREATE TRIGGER search_texts_removed after delete on search_texts begin
     insert into search_words (search_words, rowid, content) values ('delete', old.id, old.content);
   end;
CREATE TRIGGER search_manifest_added after insert on manifests
     when instr(new.content, cast('"annotations"' as blob)) > 0 begin
     insert into search_texts (kind, digest, content)
   select 'annotation', digest, substr(part, 1, 10000) from (select case when json_valid(cast(content as text)) then json_extract(cast(content as text), '$.annotations') end as part, digest from (select new.content as content, new.digest as digest)) as found
   where part <> '{}' and not exists
     (select 1 from search_texts where kind = 'annotation' and digest = found.digest);
   end;
CREATE TRIGGER search_manifest_removed after delete on manifests begin
     delete from search_texts where kind = 'annotation' and digest = old.digest
   and not exists (select 1 from manifests where digest = old.digest);
   end;
CREATE TRIGGER search_image_added after insert on images begin
     insert into search_texts (kind, digest, content)
   select 'label', digest, substr(part, 1, 10000) from (select case when json_valid(facts) then json_extract(facts, '$.labels') end as part, digest from (select new.facts as facts, new.digest as digest)) as found
   where part <> '{}' and not exists
     (select 1 from search_texts where kind = 'label' and digest = found.digest);
   end;
CREATE TRIGGER search_image_changed after update of facts on images begin
     delete from search_texts where kind = 'label' and digest = old.digest;
     insert into search_texts (kind, digest, content)
   select 'label', digest, substr(part, 1, 10000) from (select case when json_valid(facts) then json_extract(facts, '$.labels') end as part, digest from (select new.facts as facts, new.digest as digest)) as found
   where part <> '{}' and not exists
     (select 1 from search_texts where kind = 'label' and digest = found.digest);
   end;
CREATE TRIGGER search_image_removed after delete on images begin
     delete from search_texts where kind = 'label' and digest = old.digest
   and not exists (select 1 from images where digest = old.digest);
   end;
CREATE INDEX "tags_updated" on "tags" ("repository_id", "updated_at", "name");
CREATE TABLE "usage_samples" ("project_id" integer not null references "projects" ("id") on delete cascade, "day" text not null, "bytes" bigint not null, "repositories" bigint not null, "tags" bigint not null, constraint "usage_samples_pk" primary key ("project_id", "day")) without rowid;
CREATE TABLE "registry_samples" ("day" text not null primary key, "stored_bytes" bigint not null, "logical_bytes" bigint not null, "repositories" bigint not null, "tags" bigint not null) without rowid;
insert into access_state values (1, 1);
insert into audit_state values (1, 0, '', 0);
insert into job_state values ('schema', '{"readableBy":"0004-replicas"}', cast(unixepoch('subsec') * 1000 as integer));
insert into kysely_migration values ('0001-registry', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0002-access', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0003-lifecycle', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0004-replicas', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0005-remotes', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0006-replication', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0007-adopt', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0008-contents', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0009-events', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0010-search', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0011-usage', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration values ('0012-registry-samples', strftime('%Y-%m-%dT%H:%M:%fZ'));
insert into kysely_migration_lock values ('migration_lock', 0);
`
