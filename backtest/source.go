package backtest

import (
	"errors"
	"io"
	"math"
)

// source is the events of a recording, a piece at a time, for several exchanges that take turns: each plays the piece
// and all that follows from it before any of them plays the next one.
type source struct {
	reader *Reader
	piece  []Event // memory of the reader
	nextAt int64   // of the first event after the piece, MaxInt64 after the last one
	err    error   // of the journal
}

// newSource returns the events of a recording, at its first piece.
func newSource(r *Recording) (*source, error) {
	reader, err := r.Reader()
	if err != nil {
		return nil, err
	}
	s := &source{reader: reader}
	s.advance()
	return s, nil
}

// advance gets the next piece. It ends where the time changes, so that nobody sees half of a moment.
func (s *source) advance() {
	var err error
	s.piece, s.nextAt, err = s.reader.piece(pieceEvents, pieceMost)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
		s.piece, s.nextAt = nil, math.MaxInt64
	}
}

// close closes the journal.
func (s *source) close() error { return s.reader.Close() }
