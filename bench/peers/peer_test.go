package peers

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// TestPeersAgree holds every peer to the values that gen/msg reads from every message, and to its
// bytes.
func TestPeersAgree(t *testing.T) {
	for _, p := range All() {
		for _, feed := range append(fixture.Inbound(), fixture.Create()) {
			if err := p.Check(feed); err != nil {
				t.Error(err)
			}
		}
	}
}
