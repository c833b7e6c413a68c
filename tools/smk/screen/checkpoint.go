package screen

import (
	"maps"
	"slices"

	"github.com/smk-go/smk/engine/replica"
)

// checkpoint is a model as of a record, to go on from.
type checkpoint struct {
	facts   facts
	replica *replica.Copy
}

// save returns a checkpoint.
func (m *Model) save() *checkpoint { return &checkpoint{m.facts.clone(), m.replica.Copy()} }

// restore makes the model what it was, or another one was, when the checkpoint was made.
func (m *Model) restore(c *checkpoint) {
	m.facts = c.facts.clone()
	m.replica.Restore(c.replica)
}

func (f *facts) clone() facts {
	c := *f
	c.latency = f.latency.clone()
	c.seconds, c.fills, c.others = slices.Clone(f.seconds), slices.Clone(f.fills), slices.Clone(f.others)
	c.traded, c.marks, c.names = maps.Clone(f.traded), slices.Clone(f.marks), maps.Clone(f.names)
	return c
}
