// Package backtest runs an unchanged bot against a recorded market.
//
// The journal of an engine has what the exchange said of its markets. A [Recording] reads it again as a stream of
// events, and [Run] plays them into the exchange of package sim, to which the bot's engine is connected as to any
// other: the protocol, the checks of orders, the money, the times in force and the rejections are the simulator's.
// Time is virtual and everything runs in one goroutine per bot, so that the same recording, settings and seed give the
// same result to the last byte. A [Server] does the same for bots in other processes and languages.
//
// # What is known and what is assumed
//
// The exchange sends executions together with the levels that they change. So what of a level was traded and what was
// cancelled is known exactly; where in the queue the cancelled orders were is not. Each run therefore makes one of
// three assumptions, see [exchange.Queue], and a result is a band of all three: an order is filled no less than
// pessimistically and no more than optimistically, as long as the bot itself would not have changed what the others
// did. What a run cannot know is listed in docs/backtest.md.
//
// # Own orders of the recording
//
// The levels of a recording include the orders of the bot that recorded it. They are taken out by what the exchange
// reported of them: the level less what the account has there. The exchange sends the changed level before the report
// of the order that changed it, so a level is held back until the reports behind it are read. Trades that filled the
// recording account's resting orders stay, as what came to the market would have come without it; trades that its own
// incoming orders made are left out, and the level they took from counts as cancelled by so much.
package backtest
