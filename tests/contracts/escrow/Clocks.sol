// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOutageClock} from "../../../contracts/interfaces/IOutageClock.sol";

/// @notice States the outage that it was told to.
contract StatedClock is IOutageClock {
    uint256 private _seconds;

    function state(uint256 seconds_) external {
        _seconds = seconds_;
    }

    function outageSeconds(uint256, uint256) external view returns (uint256) {
        return _seconds;
    }
}

/// @notice States the whole time that it was asked about.
contract WholeClock is IOutageClock {
    function outageSeconds(uint256 from, uint256 to) external pure returns (uint256) {
        return to - from;
    }
}

/// @notice Fails.
contract BrokenClock is IOutageClock {
    error Broken();

    function outageSeconds(uint256, uint256) external pure returns (uint256) {
        revert Broken();
    }
}

/// @notice Answers with fewer bytes than a word.
contract CurtClock {
    fallback() external {
        assembly {
            mstore(0, not(0))
            return(0, 31)
        }
    }
}

/// @notice Answers with more than its asker could pay to copy, or fails with as much.
contract BombClock {
    bool private immutable _fails;

    constructor(bool fails) {
        _fails = fails;
    }

    fallback() external {
        bool fails = _fails;
        assembly {
            if fails { revert(0, 100000) }
            return(0, 100000)
        }
    }
}

/// @notice Burns all gas that it is given.
contract BurningClock {
    fallback() external {
        assembly {
            invalid()
        }
    }
}

/// @notice An honest clock that takes nearly its whole allowance to answer.
contract SlowClock is IOutageClock {
    function outageSeconds(uint256, uint256) external view returns (uint256) {
        while (gasleft() > 10_000) {}
        return 1 hours;
    }
}
