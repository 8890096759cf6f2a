var Calendar = { today: function () { return 1; } };
