import CanteenModel

/// What is to happen, by time and then by the order in which it was planned: a binary heap.
struct EventHeap {
  private struct Entry {
    let time: Int64
    let sequence: UInt64
    let event: Event

    static func < (left: Entry, right: Entry) -> Bool {
      left.time < right.time || (left.time == right.time && left.sequence < right.sequence)
    }
  }

  private var entries: [Entry] = []
  private var sequence: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func push(_ event: Event, at time: Int64) {
    sequence += 1
    entries.append(Entry(time: time, sequence: sequence, event: event))
    var index = entries.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard entries[index] < entries[parent] else { return }
      entries.swapAt(index, parent)
      index = parent
    }
  }

  mutating func pop() -> (time: Int64, event: Event)? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < entries.count && entries[child] < entries[least] {
        least = child
      }
      guard least != index else { return }
      entries.swapAt(index, least)
      index = least
    }
  }
}

/// One thing that happens in a world.
enum Event {
  /// A local day begins: who eats where is drawn.
  case day(Int32)
  case tap(Tap)
  /// The diner waits no longer for the centre.
  case patienceEnds(device: Int, request: UInt64)
  case arrives(Message)
  /// Something is heard on a canteen's network.
  case heard(Whisper)
  /// The diner waits no longer for the other terminals.
  case neighboursPatienceEnds(device: Int, request: UInt64)
  case lanHeals(canteen: CanteenID)
  /// A rest of the session is over. An older generation's is without effect.
  case wake(device: Int, generation: UInt64)
  /// No answer came to a request.
  case timeout(device: Int, request: UInt64)
  case strike(FaultKind)
  case linkHeals(device: Int)
  case start(device: Int)
  case centreStarts
  /// The centre posts what waits.
  case centrePosts
  /// Housekeeping: what is pruned, unfolded, closed.
  case keep(device: Int)
  /// The operator voids, refunds, tops up, reports a card lost.
  case operate
  case heal
}

/// A diner shows something at a lane.
struct Tap {
  let account: Int
  let device: Int
  let lane: Int
  let credential: Int
  let price: TapPrice
  /// The sale of which this diner saw no light; `nil`: none.
  var unlit: Unlit?

  /// A sale, since when nobody may have seen its light, and at which opening of its ledger the diner means to
  /// come again.
  struct Unlit {
    let sequence: UInt64
    let head: Digest32
    let since: Int64
    let opening: Int
  }
}

/// What a tap is to pay.
enum TapPrice {
  case meal
  case guest
  case keyed(Int64)
  case count
  case items([ItemLine])
  case heads(Int)
  /// Keyed to the fen: what a limit of the moment leaves, or so much beside it.
  case edge(Edge, Int64)

  /// Which limit is touched.
  enum Edge: CaseIterable { case money, cap, single, day, market }
}

/// Bytes on their way between two terminals of a canteen.
struct Whisper {
  enum Kind { case reservation, answer, news }

  let kind: Kind
  let from: Int
  let to: Int
  let request: UInt64
  let bytes: [UInt8]
}

/// Bytes on their way.
struct Message {
  enum Kind { case batch, ack, feedRequest, feed, holdRequest, hold, refusal }

  let kind: Kind
  /// The terminal's device, whichever way they go.
  let device: Int
  let request: UInt64
  let bytes: [UInt8]
}
