// Package smknats brings what an engine's journal says to NATS JetStream, and back.
package smknats

import _ "github.com/smk-go/smk/journal"
