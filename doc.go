// Package smk documents the module github.com/smk-go/smk, an engine for trading on the Smarkets
// betting exchange over its streaming API. It holds no code: bots import engine, tests import sim,
// tools that read the wire import wire and gen; uuid and odds stand on their own.
package smk
