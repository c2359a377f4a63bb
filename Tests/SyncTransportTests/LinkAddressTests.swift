import SyncTransport
import Testing

@Suite struct LinkAddressTests {
  @Test(
    "an address is read with or without scheme and slash, and written with them",
    arguments: [
      ("centre.example.org:8700", "centre.example.org", 8700, "https://centre.example.org:8700"),
      ("https://127.0.0.1:1/", "127.0.0.1", 1, "https://127.0.0.1:1"),
      ("0.0.0.0:0", "0.0.0.0", 0, "https://0.0.0.0:0"),
      ("[::1]:65535", "::1", 65_535, "https://[::1]:65535"),
    ])
  func good(text: String, host: String, port: Int, url: String) throws {
    let address = try LinkAddress(text)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.url == url)
    #expect(try LinkAddress(address.url) == address)
  }

  @Test(
    "what is no address, or says more than one, is refused",
    arguments: [
      "", ":8700", "8700", "localhost", "localhost:65536", "localhost:-1", "localhost:",
      "http://localhost:8700", "https://localhost:8700/path", "user@localhost:1", "a b:1",
      "::1:8700",
      "[localhost]:1", "localhost:1\r\nHost: x:2",
    ])
  func bad(text: String) {
    #expect(throws: LinkError.notAnAddress(text)) { try LinkAddress(text) }
  }
}
