package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/smk-go/smk/sim/internal/codec"
)

// A state is written as
//
//	| magic, 8 bytes | CRC-32C of the rest, 4 bytes | the exchange, the gateway, the participants |
const (
	stateMagic  = "smksim\x00\x01" // the last byte is the version
	stateHeader = len(stateMagic) + 4

	stateBytesMax = 1 << 30 // of a file
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// StateError reports a state that an exchange cannot go on from: it is damaged, of another version, of an exchange
// with another configuration, or contradicts itself. It never quotes a credential.
type StateError struct {
	Path   string // the file, "" if there is none
	Offset int    // in bytes, where it was noticed
	Text   string // what is wrong
}

// Error names the file, if there is one, the place and what is wrong.
func (e *StateError) Error() string {
	path := e.Path
	if path != "" {
		path += ": "
	}
	return fmt.Sprintf("sim: state: %sbyte %d: %s", path, e.Offset, e.Text)
}

// AppendState appends what the exchange knows to b, for [Config].State: accounts with their money, numbers and kept
// reports, markets, orders, fills that are provisional, dead man's switches, and the other participants. Sessions,
// subscriptions, faults, throttles and scenarios are not among it. The same exchange gives the same bytes. It must not
// be called by a [fault.Conn]'s caller between Free and Filled.
func (s *Sim) AppendState(b []byte) []byte {
	start := len(b)
	b = append(b, stateMagic...)
	b = append(b, 0, 0, 0, 0)
	c := codec.Writer(b)
	s.code(c)
	b = c.Bytes()
	binary.LittleEndian.PutUint32(b[start+len(stateMagic):], crc32.Checksum(b[start+stateHeader:], castagnoli))
	return b
}

func (s *Sim) code(c *codec.Coder) {
	s.Exchange.Code(c)
	if c.Failed() {
		return
	}
	s.gateway.Code(c, func(username string) bool { _, ok := s.Exchange.Truth(username); return ok })
	s.agents.Code(c)
	c.End()
}

// loadState reads a state into a new exchange. Its error is a [*StateError].
func (s *Sim) loadState(b []byte) error {
	switch {
	case len(b) < stateHeader:
		return &StateError{Offset: len(b), Text: "it ends in the header"}
	case string(b[:len(stateMagic)-1]) != stateMagic[:len(stateMagic)-1]:
		return &StateError{Text: "it is not a state of a simulated exchange"}
	case b[len(stateMagic)-1] != stateMagic[len(stateMagic)-1]:
		return &StateError{
			Offset: len(stateMagic) - 1,
			Text:   fmt.Sprintf("it has version %d, not %d", b[len(stateMagic)-1], stateMagic[len(stateMagic)-1]),
		}
	case binary.LittleEndian.Uint32(b[len(stateMagic):]) != crc32.Checksum(b[stateHeader:], castagnoli):
		return &StateError{Offset: len(stateMagic), Text: "its checksum is wrong: it is damaged or incomplete"}
	}
	c := codec.Reader(b[stateHeader:])
	s.code(c)
	var at *codec.Error
	if errors.As(c.Err(), &at) {
		return &StateError{Offset: stateHeader + at.Offset, Text: at.Text}
	}
	return nil
}
