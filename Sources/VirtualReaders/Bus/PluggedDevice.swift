/// A device model that is plugged in, so that somebody can act on it. One that is gone does nothing any more.
package protocol PluggedDevice: Sendable {
  /// Lets something happen to the device, whatever it is.
  func act(_ action: (inout any DeviceModel) -> [DeviceEffect])
}

extension PluggedDevice {
  /// Lets something happen to the device, such as a card that is laid on it, if it is of this type.
  package func act<Model: DeviceModel>(
    on type: Model.Type, _ action: (inout Model) -> [DeviceEffect]
  ) {
    act { $0.act(on: type, action) }
  }

  /// Lets something happen to the peripheral behind a serial bridge, if it is of this type.
  package func act<Peripheral: SerialPeripheral>(
    on type: Peripheral.Type, _ action: (inout Peripheral) -> [SerialWord]
  ) {
    act(on: SerialBridgeModel.self) { $0.act(on: type, action) }
  }

  /// Shows the device something.
  package func show(_ showing: Showing) { act { $0.show(showing) } }

  /// Takes away what was shown.
  package func takeAway() { act { $0.takeAway() } }
}

// MARK: - Card readers

extension PluggedDevice {
  /// Makes a card reader show a fault, once. A cable is pulled elsewhere.
  package func inject(_ fault: ReaderFault) {
    act(on: CCIDReaderModel.self) {
      $0.inject(fault)
      return []
    }
  }
}

// MARK: - Scanners

extension PluggedDevice {
  /// Holds a code before a scanner.
  func scan(_ code: [UInt8], symbology: String) {
    act(on: HIDPOSScannerModel.self) { $0.scan(code, symbology: symbology) }
    act(on: KeyboardScannerModel.self) { $0.scan(code, symbology: symbology) }
    act(on: ScannerPeripheral.self) { $0.scan(code, symbology: symbology) }
  }

  /// Makes a scanner show a fault at its next scan.
  package func disturbScan(_ fault: ScannerFault) {
    act(on: HIDPOSScannerModel.self) {
      $0.inject(fault)
      return []
    }
    act(on: KeyboardScannerModel.self) {
      $0.inject(fault)
      return []
    }
    act(on: ScannerPeripheral.self) {
      $0.inject(fault)
      return []
    }
  }
}

// MARK: - Face modules

extension PluggedDevice {
  /// Somebody comes before a face module of either family, or goes.
  package func show(_ face: VirtualFace?) {
    act(on: FaceModuleAPeripheral.self) { $0.show(face) }
    act(on: FaceModuleBPeripheral.self) { $0.show(face) }
  }

  /// Whether a face module knows everybody, as nobody in particular.
  package func setDemo(_ isDemo: Bool) {
    act(on: FaceModuleAPeripheral.self) {
      $0.isDemo = isDemo
      return []
    }
  }

  /// The recognition of a face module ends with nobody.
  func timeOutFace() {
    act(on: FaceModuleAPeripheral.self) { $0.timeOut() }
    act(on: FaceModuleBPeripheral.self) { $0.timeOut() }
  }

  /// Spoils the next answer of a face module.
  package func spoil(_ fault: FaceFault) {
    act(on: FaceModuleAPeripheral.self) { $0.inject(fault) }
    act(on: FaceModuleBPeripheral.self) { $0.inject(fault) }
  }
}
