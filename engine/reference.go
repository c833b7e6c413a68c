package engine

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/smk-go/smk/engine/internal/statefile"
)

const (
	// ReferenceTermMax is the largest Config.ReferenceTerm.
	ReferenceTermMax = 1<<28 - 4

	referenceTermShift = 36 // a term has runReferences references

	// firstTermReferences is runs.first of the runs with terms, which begin at 1.
	firstTermReferences = 1 << referenceTermShift
)

// TermOf returns the Config.ReferenceTerm of the run that a reference is of. It means nothing of references that were
// not made of a term.
func TermOf(reference uint64) uint64 { return reference >> referenceTermShift }

// ErrStateTerm means that StateConfig.File is of a later Config.ReferenceTerm than this run, or of the same one, or
// that only one of the two has terms: references could be used twice.
var ErrStateTerm = errors.New("references are not of an earlier term")

// checkTerm checks ReferenceTerm.
func (c *Config) checkTerm() error {
	switch {
	case c.ReferenceTerm == 0:
	case c.ReferenceTerm > ReferenceTermMax:
		return &ConfigError{"ReferenceTerm", "must be at most " + strconv.Itoa(ReferenceTermMax)}
	case c.DisableReferences || c.Session.ReferenceBase != 0:
		return &ConfigError{"ReferenceTerm", "contradicts DisableReferences and Session.ReferenceBase"}
	}
	return nil
}

// beginTerm gives a run that has a term its references, behind those of all earlier terms. found says that the runs
// were read from a file.
func (p *persist) beginTerm(term uint64, found bool) error {
	base := term << referenceTermShift
	if found && ((p.first == firstTermReferences) != (term != 0) || term != 0 && base <= p.base) {
		return &statefile.Error{Path: p.store.Path(), Offset: -1, Text: "use", Err: ErrStateTerm}
	}
	if term != 0 {
		p.first, p.base = firstTermReferences, base
	}
	return nil
}

// referenceBase returns the number that automatic references count up from: 64 random
// bits, and not 0. It does not depend on a clock, which two programs may read at the same
// moment and which may be set back, and nothing has to be kept for the next start.
//
// The references of a start that sends n messages are n numbers in a row. Two starts have
// one in common with a probability of less than 2n/2^64: 1.1e-10 for 10^9 messages each.
// Any two of k starts do with less than k*k*n/2^64: 5e-6 for 10^4 starts of 10^6 messages,
// a daily restart for 27 years; 5e-2 for as many of 10^10. The count has no end: it
// wraps around, without 0.
func referenceBase() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return max(binary.LittleEndian.Uint64(b[:]), 1)
}
