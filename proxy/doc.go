// Package proxy shares one session with the exchange among several clients that speak the exchange's own protocol. The
// session is an [engine.Engine]: gaps are recovered, risk limits, throttle and kill switch hold, and the journal has
// all of it, for clients that have none of that.
//
//	e, err := engine.New(config)
//	p, err := proxy.New(e, proxy.Config{Clients: ..., State: "proxy.state"})
//	err = p.Listen("127.0.0.1:3701")
//	err = e.Run(ctx)
//	err = p.Close()
//
// # Clients
//
// A [Client] is to its connections what an account is to those of an exchange: they see its orders and those of no
// other client, and its account sequences, which count without holes. Requests leave with a reference of the client's
// range and with its name before the label, so that every message about an order shows whose it is; what the client
// receives has its own reference and label. A client may log in several times.
//
// order_cancel_all is carried out for the client's own orders, one by one, until each has ended. So is what
// cancel_all_on_failure asks for when the client is silent.
//
// # The exchange is lost
//
// While there is no session requests are rejected as SERVICE_TEMPORARILY_UNAVAILABLE. After Config.Grace clients are
// logged out with that reason, and logins are refused with it. A request that may have reached the exchange is in
// doubt: nothing is said of it until the exchange says what became of it. It is rejected only if it is certain that it
// did not leave.
//
// # State
//
// With Config.State references, orders and messages are in a file before they leave in either direction. A proxy that is
// killed goes on from there, and a client that logs in by its account sequence gets what it missed.
//
// # One goroutine
//
// All of it runs on the engine's loop. Sockets have goroutines of their own that only read and write bytes. A client
// that does not read is cut off when what it has not taken is more than Config.OutBytes; one that sends too much is
// read more slowly.
package proxy
