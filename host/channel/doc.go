// Package channel carries notices out of the program (通知通道): short messages by a gateway's HTTP interface, e-mail by SMTP, MQTT, web push
// (RFC 8030, RFC 8291, RFC 8292), and webhooks. [Open] makes those that are configured; what is not is recorded by kernel/casework/notice.
//
// A message bears its key wherever the other side can see it: as Idempotency-Key and id over HTTP, as Message-ID in mail, as Topic of a
// push. A webhook is asked for a key after a crash (GET with ?key=), a gateway where it has an address for that; mail, MQTT and push cannot
// be asked, and whoever receives the same key twice can tell. Secrets are read from files that the settings name, and are never logged;
// neither are addresses and texts.
package channel
