// Package proxyjson is the way to a proxy for programs that do not speak the exchange's protocol: JSON over a
// WebSocket, or over plain HTTP, where a stream of server-sent events brings what happens and POST takes commands.
//
// The types of this package are the format; the schema is made of them by [Schema] and is in docs/proxy.schema.json.
// Identifiers, references and sequences are strings of digits, because JSON's numbers are exact up to 2^53 only.
package proxyjson
