// Package seto holds the standard Go types of the application layer, package smarkets.seto of the
// protocol's definitions, with vtprotobuf's methods. The hot path uses the flat values of gen/msg
// instead.
//
// The standard types print all of their fields: do not log a Login.
package seto
