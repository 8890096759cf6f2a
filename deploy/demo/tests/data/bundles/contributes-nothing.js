"nothing";
