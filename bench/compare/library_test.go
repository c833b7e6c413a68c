package compare

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// TestPeersAgree holds every peer to the values that gen/msg reads from every message, and to the
// frames of what is sent.
func TestPeersAgree(t *testing.T) {
	for _, p := range All() {
		for _, feed := range append(fixture.Inbound(), fixture.Outbound()...) {
			if err := p.Check(feed); err != nil {
				t.Error(err)
			}
		}
		if p.Encode == nil {
			continue
		}
		for _, feed := range fixture.Outbound() {
			if err := p.CheckEncode(feed); err != nil {
				t.Error(err)
			}
		}
	}
}
