// Package screen is what the dashboard and the terminal show of a bot, without any user interface: a [Model] makes a
// [Picture] of the records of a journal, one after the other, and a [Timeline] returns the picture as of any record.
//
// Nothing of it runs in the bot's process: a journal that grows is read while the bot writes it. Orders, money, books
// and queues are rebuilt by the engine's own packages from what the journal has of both directions, so that the screen
// shows what the bot knew. A picture follows from the records up to it and from nothing else: it is the same, byte by
// byte, whichever way one arrived at it.
//
// Quantities are in 1/10000 of the currency of payoff, amounts in 1e-8 of the currency, prices in 1/100 % of the
// payoff, times in nanoseconds since the Unix epoch.
package screen
