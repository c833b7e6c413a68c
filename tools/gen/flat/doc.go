// Package flat is a feature of vtprotobuf's generator that writes flat values: per message a
// struct of plain values with presence bits, accessors, decode into a caller's value, encode with
// vtprotobuf's contract, conversion to the standard type and text for people.
//
// The emitted code is dull on purpose; what it has in common is written by hand in gen/msg.
package flat
