// Package inspect reads the journals of engines: it prints and checks them, follows each order's life, explains the
// slowest round trips, finds the first difference of two runs, and copies a journal with more of it masked.
//
// What the journal has masked stays masked: a field that the schema marks as a credential is never shown.
package inspect
