// Package smknats brings what an engine's journal says to NATS JetStream, and back.
//
// A [Publisher] reads a journal, old or growing, and publishes its bytes as a log, the books and order events that
// follow from it, and takes signed commands. A [Follower] gives books and orders to a consumer: pictures first, then
// changes, each order event once, with gaps and silent publishers said. [Restore] makes the journal again from the log,
// to the byte. [Command] asks a publisher, or has it halt, flatten or resume its engine.
//
// docs/nats.md has the subjects, the formats and what holds if something fails.
package smknats
