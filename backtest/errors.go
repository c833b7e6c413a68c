package backtest

import (
	"errors"
	"fmt"
)

// ErrNoMarkets is the error of a recording in which no market was subscribed.
var ErrNoMarkets = errors.New("backtest: the recording has no market")

// ErrShared is the error of a run whose engine was used while another one's turn was: the runs of one call of Run take
// turns, so that a bot that start makes only once, or a goroutine, would mix them up.
var ErrShared = errors.New("backtest: an engine was used outside of its handlers: " +
	"start must make a bot of its own in each call, without goroutines")

// ConfigError is a setting that is invalid.
type ConfigError struct {
	Field string
	Text  string
}

// Error names the setting.
func (e *ConfigError) Error() string { return "backtest: " + e.Field + ": " + e.Text }

// RecordError is a record of a journal that cannot be read as a message of the exchange.
type RecordError struct {
	Seq uint64 // number of the record
	Err error
}

// Error names the record.
func (e *RecordError) Error() string { return fmt.Sprintf("backtest: record %d: %v", e.Seq, e.Err) }

// Unwrap returns the cause.
func (e *RecordError) Unwrap() error { return e.Err }
