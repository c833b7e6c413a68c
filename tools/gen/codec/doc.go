// Package codec is a feature of vtprotobuf's generator. For each message it writes a struct of plain
// values with presence bits, its accessors, its decoders and encoders, and text for people.
//
// The generated code repeats itself on purpose; what messages have in common is written by hand in
// gen/msg.
package codec
