// Package eto holds the standard Go types of the session layer, package smarkets.eto of the
// protocol's definitions, with vtprotobuf's methods. The hot path uses the flat values of gen/msg
// instead.
package eto
